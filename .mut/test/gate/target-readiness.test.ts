// What G0 sees of a host before the branch moves, on real directories: as root, and as a login that may not do everything.
import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  flagObstacles,
  judgeRoom,
  parentObstacles,
  treeObstacles,
  wayObstacles,
} from '../../src/gate/target-obstacles.ts';
import type { Command } from '../../src/host/command.ts';
import { hostReadiness, parseHostReadiness } from '../../src/host/commands/observe-readiness.ts';
import { LocalHost } from '../../src/host/local-host.ts';
import { mountSmallDisk, noSmallDisk } from '../fixtures/small-disk.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
const host = new LocalHost();
let base: string;
let parent: string;
let live: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'interlock-ready-'));
  parent = join(base, 'srv');
  live = join(parent, "it's live");
  await mkdir(live, { recursive: true });
  await chmod(base, 0o755);
  await writeFile(join(live, 'file'), 'x'.repeat(5_000));
  await symlink('file', join(live, 'link'));
});
afterEach(() => rm(base, { recursive: true, force: true }));
afterAll(() => host.close());

/** As a login that is not root, which the tests may be. */
const asNobody = ({ argv, ...command }: Command): Command => ({
  ...command,
  argv: ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', ...argv],
});

async function look(as = (command: Command) => command, path = live) {
  const result = await host.run(as(hostReadiness([path], join(parent, 'nothing'))));
  const seen = parseHostReadiness(result);
  const [target] = seen.targets;
  if (!target) throw new Error(`expected a target, got none: ${JSON.stringify(seen)}`);
  return { seen, target };
}

it('sees nothing against a plain tree, and how large it is', async () => {
  const { seen, target } = await look();
  expect(seen.missingPrograms).toEqual([]);
  expect(seen.system).toMatch(/^Linux /);
  expect([
    ...parentObstacles(target, seen.uid),
    ...flagObstacles(target),
    ...treeObstacles(target),
    ...wayObstacles(seen, target),
  ]).toEqual([]);
  expect(target.treeNames).toBe(3);
  expect(target.treeBytes).toBeGreaterThan(5_000);
  expect(judgeRoom(target, { bytes: 1, files: 1 })).toMatchObject({ holds: true });
});

it('sees a place where nothing is live yet', async () => {
  const { seen, target } = await look(undefined, join(parent, 'fresh'));
  expect(target).toMatchObject({ live: { kind: 'absent' }, treeBytes: 0, treeNames: 0 });
  expect(parentObstacles(target, seen.uid)).toEqual([]);
  const nowhere = await look(undefined, join(parent, 'none', 'fresh'));
  expect(parentObstacles(nowhere.target, 0)).toEqual([expect.stringContaining('got nothing; make it')]);
});

describe('what a tree must not hold is named', () => {
  it('a pipe, and a socket', async () => {
    execFileSync('mkfifo', [join(live, 'pipe')]);
    expect(treeObstacles((await look()).target)).toEqual([
      `${live}/pipe: expected files, directories and symlinks, got a device, socket or pipe; remove it, or let the service keep it elsewhere`,
    ]);
    await rm(join(live, 'pipe'));
    await mkdir(join(live, 'run'));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(live, 'run', 's'), resolve));
    expect(treeObstacles((await look()).target)).toEqual([expect.stringContaining(`${live}/run/s: `)]);
    await new Promise((resolve) => server.close(resolve));
  });

  it('names and symlinks that are not UTF-8, among many that are', async () => {
    for (const name of ['é', 'line\nbreak', '日本']) await writeFile(join(live, name), '');
    expect(treeObstacles((await look()).target)).toEqual([]);
    execFileSync('sh', ['-c', `cd "$1" && : > "$(printf 'bad\\377name')"`, 'sh', live]);
    expect(treeObstacles((await look()).target)).toEqual([
      expect.stringContaining('bad\uFFFDname: expected a name'),
    ]);
    execFileSync('sh', ['-c', 'rm "$1"/bad*; ln -s "$(printf "to\\377")" "$1/odd"', 'sh', live]);
    expect(treeObstacles((await look()).target)).toEqual([
      expect.stringContaining('odd -> to\uFFFD: expected a name'),
    ]);
  });
});

describe.runIf(isRoot)('a login that is not root', () => {
  beforeEach(async () => {
    for (const path of [parent, live, join(live, 'file')]) await chown(path, nobody, nobody);
  });

  it('is told which files it cannot read', async () => {
    expect(treeObstacles((await look(asNobody)).target)).toEqual([]);
    await writeFile(join(live, 'secret'), '', { mode: 0o600 });
    await mkdir(join(live, 'shut'), { mode: 0o700 });
    expect(treeObstacles((await look(asNobody)).target)).toEqual([
      expect.stringMatching(/\/(secret|shut) and 1 others: expected that the login may read it/),
    ]);
  });

  it('is told where it cannot write, and what it cannot rename', async () => {
    expect(parentObstacles((await look(asNobody)).target, nobody)).toEqual([]);
    await chown(parent, 0, 0);
    expect(parentObstacles((await look(asNobody)).target, nobody)).toEqual([
      `${parent}: expected that the login may write there, got no permission; let it, or mount the file system writable`,
    ]);
    await chmod(parent, 0o1777);
    await chown(live, 0, 0);
    expect(parentObstacles((await look(asNobody)).target, nobody)).toEqual([
      expect.stringContaining('got a sticky directory'),
    ]);
    await chown(live, nobody, nobody);
    await mkdir(join(parent, '.interlock'), { mode: 0o700 });
    expect(parentObstacles((await look(asNobody)).target, nobody)).toEqual([
      expect.stringContaining(`${parent}/.interlock: expected that the login may write to it`),
    ]);
  });
});

it('an immutable directory is seen, as parent and as live path', async (context) => {
  const set = (flag: string, path: string) => execFileSync('chattr', [flag, path], { stdio: 'ignore' });
  try {
    set('+i', live);
  } catch {
    return context.skip('chattr is not permitted here, or this file system has no attributes');
  }
  try {
    const { target } = await look();
    expect(flagObstacles(target)).toEqual([expect.stringContaining(`chattr -i`)]);
    expect(parentObstacles(target, 0)).toEqual([]);
    set('-i', live);
    set('+a', parent);
    expect(parentObstacles((await look()).target, 0)).toEqual([expect.stringContaining('chattr -a')]);
  } finally {
    set('-i', live);
    set('-a', parent);
  }
});

it('a disk that is too small, and one that is mounted read-only, are seen', async (context) => {
  const disk = await mountSmallDisk(join(base, 'disk'), '200k');
  if (disk === null) return context.skip(noSmallDisk);
  try {
    const path = join(disk.directory, 'app');
    await mkdir(path);
    await writeFile(join(path, 'file'), Buffer.alloc(120_000));
    const { target } = await look(undefined, path);
    expect(judgeRoom(target, { bytes: 1_000, files: 1 })).toMatchObject({ holds: false });
    await rm(join(path, 'file'));
    expect(judgeRoom((await look(undefined, path)).target, { bytes: 1_000, files: 1 }).holds).toBe(true);
    expect(judgeRoom((await look(undefined, path)).target, { bytes: 60_000, files: 1 }).holds).toBe(false);
    expect((await look(undefined, disk.directory)).target.live).toMatchObject({ mountPoint: true });
    execFileSync('mount', ['-o', 'remount,ro', disk.directory]);
    expect(parentObstacles((await look(undefined, path)).target, 0)).toEqual([
      expect.stringContaining('mount the file system writable'),
    ]);
  } finally {
    await disk.close();
  }
});

it('says which way of exchanging is there, without exchanging anything', async () => {
  const bin = join(base, 'bin');
  await mkdir(bin);
  // A mv that knows the word and not the call, as that of a kernel without it would say.
  await writeFile(
    join(bin, 'mv'),
    '#!/bin/sh\necho "mv: cannot exchange: Function not implemented" >&2\nexit 1\n',
    { mode: 0o755 },
  );
  for (const name of ['exch', 'python3', 'perl'])
    await writeFile(join(bin, name), '#!/bin/sh\nexit 127\n', { mode: 0o755 });
  const poor = (command: Command): Command => ({
    ...command,
    env: { ...command.env, PATH: `${bin}:/usr/bin:/bin:/usr/sbin` },
  });
  const { seen, target } = await look(poor);
  expect(seen.ways.map(({ outcome }) => outcome)).toEqual(['fails', 'fails', 'fails', 'fails']);
  expect(wayObstacles(seen, target)).toEqual([expect.stringContaining('Function not implemented')]);
  expect(wayObstacles((await look()).seen, { ...target, fileSystem: 'nfs' })).toEqual([
    expect.stringContaining('got nfs'),
  ]);
});

it('a host without a program that is needed is told which, and not looked at further', async () => {
  const bin = join(base, 'bin');
  await mkdir(bin);
  for (const name of ['sh', 'cat', 'uname', 'find']) await symlink(`/usr/bin/${name}`, join(bin, name));
  const command = hostReadiness([live], join(parent, 'nothing'));
  const seen = parseHostReadiness(await host.run({ ...command, env: { ...command.env, PATH: bin } }));
  expect(seen.targets).toEqual([]);
  expect(seen.missingPrograms).toEqual(expect.arrayContaining(['id', 'flock', 'tar', 'sha256sum', 'mv']));
  expect(seen.missingPrograms).not.toContain('cat');
});
