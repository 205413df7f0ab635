import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { baselineTree } from '../../examples/world/build-ssot.ts';
import { buildWorld } from '../../examples/world/build-world.ts';
import { BASELINE_COMMIT, SIBLING_COMMIT } from '../../examples/world/facts.ts';
import { git } from '../../examples/world/git-repository.ts';
import type { Scenario } from '../../examples/world/scenario.ts';
import { readTree } from '../../examples/world/tree.ts';
import { temporaryFolder } from './payload.ts';

async function openWorld(scenario: Scenario = 'pass') {
  return buildWorld({ directory: await temporaryFolder(), scenario, database: 'none' });
}

test('the baseline and the sibling have the commits that are known of them, wherever they are built', async () => {
  for (const world of [await openWorld(), await openWorld()]) {
    expect([world.ssot.baseline, world.host.siblingHead]).toEqual([BASELINE_COMMIT, SIBLING_COMMIT]);
  }
});

test('the commit does not depend on who builds, where and with which git settings', async () => {
  const settings = {
    GIT_DIR: '/nowhere',
    GIT_AUTHOR_NAME: 'Another',
    GIT_COMMITTER_DATE: '2001-01-01T00:00:00Z',
    TZ: 'Asia/Tokyo',
  };
  const before = { ...process.env };
  const umask = process.umask(0o077);
  Object.assign(process.env, settings);
  try {
    expect((await openWorld()).ssot.head).toBe(BASELINE_COMMIT);
  } finally {
    process.umask(umask);
    for (const name of Object.keys(settings)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
});

test('the SSOT repo is clean, on main, with one commit', async () => {
  const { ssot } = await openWorld();
  expect(await git(ssot.directory, ['status', '--porcelain'])).toBe('');
  expect(await git(ssot.directory, ['branch', '--show-current'])).toBe('main\n');
  expect(await git(ssot.directory, ['rev-list', '--count', '--all'])).toBe('1\n');
});

test('the live tree is the tracked files of the baseline, and no repo', async () => {
  const { ssot, host } = await openWorld();
  const live = await readTree(host.live);
  expect([...live]).toEqual([...(await baselineTree())]);
  const tracked = (await git(ssot.directory, ['ls-files', '-z'])).split('\0').filter((path) => path !== '');
  expect([...live.keys()].sort()).toEqual(tracked.sort());
});

test('live tree and sibling lie side by side, and nothing else', async () => {
  const { host } = await openWorld();
  expect((await readdir(host.parent)).sort()).toEqual(['iu-cutter', 'iu-cutter-v0.6']);
  expect(await readFile(join(host.sibling, 'VERSION'), 'utf8')).toBe('0.4.0\n');
  expect(await git(host.sibling, ['status', '--porcelain'])).toBe('');
});

test('the ratified list is in the form of sha256sum and agrees with the staged files', async () => {
  const { staging } = await openWorld();
  const options = { cwd: staging.directory };
  const { stdout } = await promisify(execFile)(
    'sha256sum',
    ['--check', '--strict', staging.ratifiedList],
    options,
  );
  expect(stdout.match(/: OK$/gm)).toHaveLength(9);
  expect(
    [...(await readTree(staging.directory)).keys()].filter((path) => path !== staging.ratifiedList),
  ).toEqual(staging.files.map(({ path }) => path));
});

test('each machine has an identity of its own', async () => {
  const { host, ssotMachine } = await openWorld();
  for (const file of ['etc/hostname', 'etc/machine-id']) {
    const [one, other] = await Promise.all([
      readFile(join(host.root, file), 'utf8'),
      readFile(join(ssotMachine, file), 'utf8'),
    ]);
    expect(one).not.toBe(other);
  }
});

test('the knowledge base is empty but for its README', async () => {
  expect(await readdir((await openWorld()).knowledgeBase)).toEqual(['README.md']);
});

test('a folder that holds something is refused', async () => {
  const { directory } = await openWorld();
  await expect(buildWorld({ directory, database: 'none' })).rejects.toThrow('expected an empty folder');
});

test('a world without a database says so when it is to be disturbed', async () => {
  await expect((await openWorld()).disturb()).rejects.toThrow('expected a world with a database');
});
