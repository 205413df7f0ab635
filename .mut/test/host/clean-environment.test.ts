// What commands and git may see of this process's environment: nothing that is ours to keep.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { askGit } from '../../src/artifact/run-git.ts';
import { LocalHost } from '../../src/host/local-host.ts';

const canary = 'canary-4c1d9e';
const ours = [
  'SLACK_BOT_TOKEN',
  'SLACK_APP_TOKEN',
  'SLACK_SIGNING_SECRET',
  'DATABASE_URL',
  'REDIS_URL',
  'IU_CUTTER_DSN',
  'PGPASSWORD',
  'SSH_AUTH_SOCK',
  'GIT_DIR',
  'GIT_SSH_COMMAND',
  'GIT_ASKPASS',
  'NODE_OPTIONS_OF_OURS',
  'LD_PRELOAD_OF_OURS',
  'ENV',
  'BASH_ENV',
];
let directory: string;
const before = new Map<string, string | undefined>();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-environment-'));
  for (const name of ours) {
    before.set(name, process.env[name]);
    process.env[name] = canary;
  }
});
afterAll(async () => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await rm(directory, { recursive: true, force: true });
});

const namesOf = (environment: string) =>
  environment.split('\0').flatMap((line) => (line === '' ? [] : [line.slice(0, line.indexOf('='))]));

it('a command on this machine sees what a login gives, and its own', async () => {
  const host = new LocalHost();
  try {
    const { stdout } = await host.run({
      effect: 'observe',
      title: 'environment',
      argv: ['env', '-0'],
      env: { CI: 'true' },
    });
    expect(stdout).not.toContain(canary);
    const login = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'CI'];
    // The shell in between adds these.
    const fromShell = ['PWD', 'OLDPWD', 'SHLVL', '_'];
    expect(namesOf(stdout).filter((name) => !login.includes(name) && !fromShell.includes(name))).toEqual([]);
  } finally {
    await host.close();
  }
});

it('git, and what git starts, see what git needs', async () => {
  const seen = await askGit(['-c', 'alias.look=!env -0', 'look'], { cwd: directory });
  expect(seen).not.toContain(canary);
  expect(
    namesOf(seen).filter((name) => !/^(PATH|LC_ALL|TZ|HOME|PWD|OLDPWD|SHLVL|_|GIT_\w+)$/.test(name)),
  ).toEqual([]);
});
