import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { appendJournal } from '../../../src/host/commands/mutate-journal.ts';
import { containers, parseContainers } from '../../../src/host/commands/observe-containers.ts';
import { cronState, parseCronState } from '../../../src/host/commands/observe-cron.ts';
import { diskSpace, parseDiskSpace } from '../../../src/host/commands/observe-disk.ts';
import { gitState, parseGitState } from '../../../src/host/commands/observe-git.ts';
import { parseJournal, parseJournalLine, readJournal } from '../../../src/host/commands/observe-journal.ts';
import {
  exchangeObstacles,
  exchangePaths,
  parsePathFacts,
  pathFacts,
} from '../../../src/host/commands/observe-path.ts';
import { parseServiceUnits, serviceUnits } from '../../../src/host/commands/observe-services.ts';
import { parseTreeListing, treeListing } from '../../../src/host/commands/observe-tree.ts';
import type { CommandResult } from '../../../src/host/host.ts';
import { LocalHost } from '../../../src/host/local-host.ts';

const host = new LocalHost({ name: 'web-1' });
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'interlock-observe-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));
afterAll(() => host.close());

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A host that has only the named tools, and some that we wrote. */
async function hostWith(
  tools: readonly string[],
  own: Readonly<Record<string, string>> = {},
): Promise<LocalHost> {
  const bin = join(dir, 'bin');
  await mkdir(bin);
  for (const tool of tools) {
    await symlink(
      execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim(),
      join(bin, tool),
    );
  }
  for (const [name, body] of Object.entries(own)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(bin, name), 0o755);
  }
  return new LocalHost({ name: 'web-2', env: { PATH: bin } });
}

test('every builder only observes', () => {
  const all = [
    treeListing('/srv/a'),
    gitState('/srv/a'),
    cronState(),
    serviceUnits(),
    containers(),
    diskSpace('/srv/a'),
    pathFacts(['/srv/a']),
    readJournal('/srv/a'),
  ];
  expect(all.map(({ effect }) => effect)).toEqual(all.map(() => 'observe'));
});

test('disk space and inodes of a path', async () => {
  const space = parseDiskSpace(await host.run(diskSpace(dir)));
  expect(space.totalBytes).toBeGreaterThan(space.freeBytes);
  expect(space.freeBytes).toBeGreaterThan(0);
  expect(space.totalInodes).toBeGreaterThanOrEqual(space.freeInodes);
});

describe('a tree listing', () => {
  test('names files, directories and symlinks, whatever their names are', async () => {
    await mkdir(join(dir, 'a', "it's\na dir"), { recursive: true });
    await writeFile(join(dir, 'a', '\\ \n"$(id)" é😀'), 'one');
    await chmod(join(dir, 'a', '\\ \n"$(id)" é😀'), 0o640);
    await writeFile(join(dir, '-n'), '');
    await chmod(join(dir, '-n'), 0o755);
    await writeFile(join(dir, '='), 'equals');
    await chmod(join(dir, '='), 0o600);
    await symlink('/no/such\nplace', join(dir, 'link'));
    await symlink('a', join(dir, 'to-dir'));
    await chmod(join(dir, 'a'), 0o755);
    await chmod(join(dir, 'a', "it's\na dir"), 0o700);
    execFileSync('mkfifo', [join(dir, 'pipe')]);
    expect(parseTreeListing(await host.run(treeListing(dir)))).toEqual([
      { type: 'file', path: '-n', mode: 0o755, executable: true, bytes: 0, sha256: sha256('') },
      { type: 'file', path: '=', mode: 0o600, executable: false, bytes: 6, sha256: sha256('equals') },
      { type: 'directory', path: 'a', mode: 0o755 },
      {
        type: 'file',
        path: 'a/\\ \n"$(id)" é😀',
        mode: 0o640,
        executable: false,
        bytes: 3,
        sha256: sha256('one'),
      },
      { type: 'directory', path: "a/it's\na dir", mode: 0o700 },
      { type: 'symlink', path: 'link', target: '/no/such\nplace' },
      { type: 'other', path: 'pipe', kind: 'p' },
      { type: 'symlink', path: 'to-dir', target: 'a' },
    ]);
  });

  test('of an empty directory is empty', async () => {
    expect(parseTreeListing(await host.run(treeListing(dir)))).toEqual([]);
  });

  test('throws for a path that is no plain directory', async () => {
    await symlink('.', join(dir, 'link'));
    for (const name of ['link', 'none']) {
      const result = await host.run(treeListing(join(dir, name)));
      expect(() => parseTreeListing(result)).toThrow(expect.objectContaining({ code: 'command-failed' }));
    }
  });

  test('throws when it is cut off anywhere, and when it holds a name that is not UTF-8', async () => {
    for (const name of ['a', 'b', 'c']) await writeFile(join(dir, name), name);
    const whole = await host.run(treeListing(dir));
    const entries = parseTreeListing(whole);
    const unreadable = expect.objectContaining({ code: 'output-unreadable' });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.stdout.length - 1 }), (length) => {
        const cut: CommandResult = { ...whole, stdout: whole.stdout.slice(0, length) };
        expect(() => parseTreeListing(cut)).toThrow(unreadable);
      }),
    );
    const truncated = await host.run(treeListing(dir), { maxOutputBytes: whole.stdoutBytes - 1 });
    expect(() => parseTreeListing(truncated)).toThrow(unreadable);
    expect(parseTreeListing(await host.run(treeListing(dir), { maxOutputBytes: whole.stdoutBytes }))).toEqual(
      entries,
    );
    await writeFile(Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0xff, 0xfe])]), '');
    const odd = await host.run(treeListing(dir));
    expect(() => parseTreeListing(odd)).toThrow(unreadable);
  });
});

describe('the state of a git repository', () => {
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', dir, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      encoding: 'utf8',
    }).trim();

  test('is head, branch, and what is not as committed', async () => {
    git('init', '--quiet', '--initial-branch=main');
    const empty = { state: 'present', value: { head: undefined, branch: 'main', clean: true, changes: [] } };
    expect(parseGitState(await host.run(gitState(dir)))).toEqual(empty);
    await writeFile(join(dir, 'file'), 'one');
    git('add', '.');
    git('commit', '--quiet', '--message=one');
    const head = git('rev-parse', 'HEAD');
    const clean = { state: 'present', value: { head, branch: 'main', clean: true, changes: [] } };
    expect(parseGitState(await host.run(gitState(dir)))).toEqual(clean);
    await writeFile(join(dir, 'file'), 'two');
    await mkdir(join(dir, 'new dir'));
    await writeFile(join(dir, 'new dir', 'a\nb'), '');
    expect(parseGitState(await host.run(gitState(dir)))).toEqual({
      state: 'present',
      value: { head, branch: 'main', clean: false, changes: [' M file', '?? new dir/a\nb'] },
    });
    git('checkout', '--quiet', '--detach');
    expect(parseGitState(await host.run(gitState(dir)))).toMatchObject({
      value: { head, branch: undefined },
    });
  });

  test('does not write to the repository', async () => {
    git('init', '--quiet');
    await writeFile(join(dir, 'file'), 'one');
    git('add', '.');
    git('commit', '--quiet', '--message=one');
    // A touched file makes an ordinary git status refresh the index.
    await writeFile(join(dir, 'file'), 'one');
    const before = (await stat(join(dir, '.git', 'index'))).mtimeMs;
    const names = await readdir(join(dir, '.git'));
    parseGitState(await host.run(gitState(dir)));
    expect((await stat(join(dir, '.git', 'index'))).mtimeMs).toBe(before);
    expect(await readdir(join(dir, '.git'))).toEqual(names);
  });

  test('is absent where there is none, also below another repository, and where git is not installed', async () => {
    git('init', '--quiet');
    await mkdir(join(dir, 'below'));
    for (const name of ['below', 'none']) {
      const absent = { state: 'absent', reason: 'no-path' };
      expect(parseGitState(await host.run(gitState(join(dir, name))))).toEqual(absent);
    }
    const bare = await hostWith(['sh']);
    expect(parseGitState(await bare.run(gitState(dir)))).toEqual({ state: 'absent', reason: 'no-tool' });
  });

  test('throws for a repository that git cannot read', async () => {
    await writeFile(join(dir, '.git'), 'gitdir: /no/such/place');
    const result = await host.run(gitState(dir));
    expect(() => parseGitState(result)).toThrow(expect.objectContaining({ code: 'command-failed' }));
  });
});

describe('cron', () => {
  const look = ['sh', 'find', 'sha256sum'];

  test("is the user's table and the system's files", async () => {
    const mine = await hostWith(look, {
      crontab: `[ "$1" = -l ] && printf '0 1 * * * /bin/true\\n# "x"\\n'`,
    });
    const state = parseCronState(await mine.run(cronState()));
    expect(state).toMatchObject({ state: 'present', value: { table: '0 1 * * * /bin/true\n# "x"' } });
  });

  test('is an empty table where the user has none', async () => {
    const none = await hostWith(look, { crontab: 'echo "no crontab for deploy" >&2; exit 1' });
    expect(parseCronState(await none.run(cronState()))).toMatchObject({
      state: 'present',
      value: { table: '' },
    });
  });

  test('throws when the table cannot be read', async () => {
    const broken = await hostWith(look, {
      crontab: 'echo "You are not allowed to use this program" >&2; exit 1',
    });
    const result = await broken.run(cronState());
    expect(() => parseCronState(result)).toThrow(expect.objectContaining({ code: 'command-failed' }));
  });

  test('is absent, or only files, where crontab is not installed', async () => {
    const state = parseCronState(await (await hostWith(look)).run(cronState()));
    if (state.state === 'absent') expect(state.reason).toBe('no-tool');
    else expect(state.value.table).toBeNull();
  });
});

describe('services', () => {
  test('are read from systemctl', async () => {
    const lines =
      'ssh.service loaded active running OpenBSD Secure Shell server\\nx@1.service not-found inactive dead x@1.service\\n';
    const result = await (await hostWith(['sh'], { systemctl: `printf '${lines}'` })).run(serviceUnits());
    // Where systemd does not run, the list is put in place of that answer.
    const listed = {
      ...result,
      stdout: result.stdout.replace('not-running\n', `present\n${lines.replaceAll('\\n', '\n')}`),
    };
    expect(parseServiceUnits(listed)).toEqual({
      state: 'present',
      value: [
        { unit: 'ssh.service', load: 'loaded', active: 'active', sub: 'running' },
        { unit: 'x@1.service', load: 'not-found', active: 'inactive', sub: 'dead' },
      ],
    });
  });

  test('are absent without systemctl', async () => {
    expect(parseServiceUnits(await (await hostWith(['sh'])).run(serviceUnits()))).toEqual({
      state: 'absent',
      reason: 'no-tool',
    });
  });
});

describe('containers', () => {
  const running = ['abc', '/db', 'postgres:17', 'sha256:f00', 'running', '2026-05-21T05:00:00Z', 0];
  const answers = `[ "$1" = ps ] && echo abc || printf '%s\\n' '${JSON.stringify(running)}'`;
  const db = {
    id: 'abc',
    name: 'db',
    image: 'postgres:17',
    imageId: 'sha256:f00',
    state: 'running',
    startedAt: '2026-05-21T05:00:00Z',
    restarts: 0,
  };

  test("are read from docker's JSON, without what changes by itself", async () => {
    const docker = await hostWith(['sh', 'id'], { docker: answers });
    const command = { ...containers(), env: { DOCKER_HOST: 'unix:///tmp/none.sock' } };
    expect(parseContainers(await docker.run(command))).toEqual({
      state: 'present',
      value: [db],
    });
  });

  test("are podman's too, where it has a store; it is not asked where it would make one", async () => {
    const podman = await hostWith(['sh'], { podman: answers, id: 'echo 1000' });
    const command = { ...containers(), env: { XDG_DATA_HOME: dir } };
    expect(parseContainers(await podman.run(command))).toEqual({ state: 'absent', reason: 'no-tool' });
    await mkdir(join(dir, 'containers', 'storage'), { recursive: true });
    expect(parseContainers(await podman.run(command))).toEqual({ state: 'present', value: [db] });
  });

  test('throw when docker does not answer, and are absent without docker', async () => {
    const docker = await hostWith(['sh', 'id'], { docker: 'echo "Cannot connect" >&2; exit 1' });
    const result = await docker.run({ ...containers(), env: { DOCKER_HOST: 'unix:///tmp/none.sock' } });
    expect(() => parseContainers(result)).toThrow(expect.objectContaining({ code: 'command-failed' }));
    await rm(join(dir, 'bin', 'docker'));
    expect(parseContainers(await docker.run(containers()))).toEqual({ state: 'absent', reason: 'no-tool' });
  });
});

describe('facts of paths', () => {
  test('say what is there, without following a symlink', async () => {
    await symlink(dir, join(dir, 'link'));
    await writeFile(join(dir, "it's a file"), '');
    const paths = [dir, join(dir, 'link'), join(dir, "it's a file"), join(dir, 'none'), '/proc'];
    const facts = parsePathFacts(await host.run(pathFacts(paths)));
    expect(facts.map(({ path, kind }) => [path, kind])).toEqual([
      [dir, 'directory'],
      [join(dir, 'link'), 'symlink'],
      [join(dir, "it's a file"), 'file'],
      [join(dir, 'none'), 'absent'],
      ['/proc', 'directory'],
    ]);
    expect(facts[0]).toMatchObject({ mountPoint: false, uid: process.getuid?.(), mode: 0o700 });
    expect(facts[4]).toMatchObject({ mountPoint: true });
  });

  test('show every obstacle to an exchange', async () => {
    await mkdir(join(dir, 'live'));
    await symlink('live', join(dir, 'link'));
    const obstacles = async (live: string): Promise<string[]> =>
      exchangeObstacles(parsePathFacts(await host.run(pathFacts(exchangePaths(live)))));
    expect(await obstacles(join(dir, 'live'))).toEqual([]);
    expect(await obstacles(join(dir, 'none'))).toEqual([expect.stringContaining('got nothing')]);
    expect(await obstacles(join(dir, 'link'))).toEqual([expect.stringContaining('got a symlink')]);
    expect(await obstacles('/proc/self')).toEqual([expect.stringContaining('got a symlink')]);
  });
});

test('a journal is its whole lines; what a crash cut off does not count', async () => {
  const journal = join(dir, 'journal');
  expect(parseJournal(await host.run(readJournal(journal)))).toEqual({ lines: [], torn: '' });
  await writeFile(journal, '{"n":1}\n{"n":2}\n{"n"');
  expect(parseJournal(await host.run(readJournal(journal)))).toEqual({
    lines: ['{"n":1}', '{"n":2}'],
    torn: '{"n"',
  });
});

test('a journal whose entry was cut off amid a character stays readable, and one of other bytes is not guessed at', async () => {
  const journal = join(dir, 'journal');
  const cut = Buffer.from('{"live":"/srv/caf\u00e9').subarray(0, -1);
  await writeFile(journal, Buffer.concat([Buffer.from('{"n":1}\n'), cut]));
  expect(parseJournal(await host.run(readJournal(journal))).lines).toEqual(['{"n":1}']);
  expect((await host.run(appendJournal(journal, '{"n":2}'))).exitCode).toBe(0);
  const { lines, torn } = parseJournal(await host.run(readJournal(journal)));
  expect([lines.map(parseJournalLine), torn]).toEqual([[{ n: 1 }, null, { n: 2 }], '']);
  await writeFile(journal, Buffer.concat([cut, Buffer.from('"}\n')]));
  const whole = await host.run(readJournal(journal));
  expect(() => parseJournal(whole)).toThrow(expect.objectContaining({ code: 'output-unreadable' }));
});

test('no builder takes a path that could mean something else', () => {
  for (const path of ['', '/', 'a', '-n', '../a', '/a/../b', '/a/', '//a', '/a//b', '/a/./b', '/a\0']) {
    for (const build of [
      treeListing,
      gitState,
      diskSpace,
      readJournal,
      (each: string) => pathFacts([each]),
    ]) {
      expect(() => build(path)).toThrow(expect.objectContaining({ code: 'usage' }));
    }
  }
});
