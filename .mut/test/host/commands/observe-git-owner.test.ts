// Root looks at another user's repository as that user, or not at all. On a host over real SSH; needs root, as the hosts do.
import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { gitState, parseGitState } from '../../../src/host/commands/observe-git.ts';
import { LocalHost } from '../../../src/host/local-host.ts';
import { SshHost } from '../../../src/host/ssh-host.ts';
import { type OpenSsh, startOpenSsh } from '../../fixtures/openssh.ts';
import { targetOf } from '../each-host.ts';

const nobody = 65_534;
let server: OpenSsh;
let host: SshHost;
let directory: string;
let repository: string;

const git = (...args: string[]) =>
  execFileSync('git', ['-C', repository, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' },
  }).trim();
const give = (...paths: string[]) => execFileSync('chown', ['-R', `${nobody}:${nobody}`, ...paths]);

describe.skipIf(process.getuid?.() !== 0)('root, asked for another user’s repository', () => {
  beforeAll(async () => {
    server = await startOpenSsh();
    host = new SshHost(targetOf(server));
  });
  afterAll(async () => {
    await host.close();
    await server.close();
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'interlock-owner-'));
    await chmod(directory, 0o755);
    repository = join(directory, 'repo');
    await mkdir(repository);
    git('init', '--quiet', '--initial-branch=main');
    await writeFile(join(repository, 'a'), '1');
    git('add', '.');
    git('commit', '--quiet', '--message=one');
    return () => rm(directory, { recursive: true, force: true });
  });

  it('looks as its owner, starts nothing, and leaves nothing behind', async () => {
    const marker = join(directory, 'started');
    await writeFile(join(directory, 'program'), `#!/bin/sh\nid -u > ${marker}\n`, { mode: 0o755 });
    git('config', 'core.fsmonitor', join(directory, 'program'));
    const head = git('rev-parse', 'HEAD');
    // Only its owner may read it: as root it could be read, as somebody else it could not.
    await writeFile(join(repository, 'a'), '2', { mode: 0o600 });
    await writeFile(join(repository, 'b'), 'root’s own');
    give(repository);
    await chown(join(repository, 'b'), 0, 0);
    await chmod(join(repository, 'b'), 0o600);
    const left = async () => (await readdir('/tmp')).filter((name) => name.startsWith('.interlock-git.'));
    const state = parseGitState(await host.run(gitState(repository)));
    expect(state).toEqual({
      state: 'present',
      value: { head, branch: 'main', clean: false, changes: [' M a', '?? b'] },
    });
    await expect(readFile(marker)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await left()).toEqual([]);
  });

  it('does not read for that owner what only root may read', async () => {
    const secret = join(directory, 'secret');
    await mkdir(secret, { mode: 0o700 });
    git('config', 'core.bare', 'false');
    execFileSync('mv', [join(repository, '.git'), join(secret, 'git')]);
    await symlink(join(secret, 'git'), join(repository, '.git'));
    await chown(repository, nobody, nobody);
    const result = await host.run(gitState(repository));
    expect(result.exitCode).not.toBe(0);
    expect(() => parseGitState(result)).toThrow(/expected exit code 0/);
  });

  it.each(['config', 'objects'])('drops to who owns the %s alone', async (part) => {
    give(join(repository, '.git', part));
    await chmod(join(repository, 'a'), 0o600);
    // As that user nothing can be said of a file that only root may read.
    await writeFile(join(repository, 'a'), 'other');
    const { stderr, stdout } = await host.run(gitState(repository));
    expect(stdout.split('\0').at(-2)).toBe(' M a');
    expect(stderr).toBe('');
  });

  it('falls back to runuser and su, and refuses where none of them works', async () => {
    give(repository);
    const bin = join(directory, 'bin');
    await mkdir(bin);
    const programs = [...new Set((process.env['PATH'] ?? '').split(delimiter))];
    for (const folder of programs)
      for (const name of await readdir(folder).catch(() => []))
        await symlink(join(folder, name), join(bin, name)).catch(() => undefined);
    const local = new LocalHost({ env: { PATH: bin } });
    try {
      for (const name of ['setpriv', 'runuser', 'su']) {
        expect(parseGitState(await local.run(gitState(repository)))).toMatchObject({
          value: { clean: true },
        });
        await rm(join(bin, name));
      }
      const result = await local.run(gitState(repository));
      expect(result).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('as that user and not as root'),
      });
    } finally {
      await local.close();
    }
  });
});
