import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { baselineTree } from '../../examples/world/build-ssot.ts';
import { buildWorld, type World } from '../../examples/world/build-world.ts';
import { BASELINE_COMMIT, SIBLING_COMMIT } from '../../examples/world/facts.ts';
import { git } from '../../examples/world/git-repository.ts';
import { readTree } from '../../examples/world/tree.ts';
import { temporaryFolder } from './payload.ts';

let folder: string;
let world: World;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'interlock-world-'));
  world = await buildWorld({ directory: folder, database: 'none' });
});

afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

test('the baseline and the sibling have the commits that are known of them', () => {
  expect([world.ssot.baseline, world.ssot.head, world.host.siblingHead]).toEqual([
    BASELINE_COMMIT,
    BASELINE_COMMIT,
    SIBLING_COMMIT,
  ]);
});

test('the commits are the same wherever, by whom and with which git settings they are built', async () => {
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
    const another = await buildWorld({ directory: await temporaryFolder(), database: 'none' });
    expect([another.ssot.head, another.host.siblingHead]).toEqual([BASELINE_COMMIT, SIBLING_COMMIT]);
    expect([...(await readTree(another.host.live))]).toEqual([...(await readTree(world.host.live))]);
  } finally {
    process.umask(umask);
    for (const name of Object.keys(settings)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
});

test('the SSOT repo is clean, on main, with one commit', async () => {
  const { ssot } = world;
  expect(await git(ssot.directory, ['status', '--porcelain'])).toBe('');
  expect(await git(ssot.directory, ['branch', '--show-current'])).toBe('main\n');
  expect(await git(ssot.directory, ['rev-list', '--count', '--all'])).toBe('1\n');
});

test('the live tree is the tracked files of the baseline, and no repo', async () => {
  const { ssot, host } = world;
  const live = await readTree(host.live);
  expect([...live]).toEqual([...(await baselineTree())]);
  const tracked = (await git(ssot.directory, ['ls-files', '-z'])).split('\0').filter((path) => path !== '');
  expect([...live.keys()].sort()).toEqual(tracked.sort());
});

test('live tree and sibling lie side by side, and nothing else', async () => {
  const { host } = world;
  expect((await readdir(host.parent)).sort()).toEqual(['iu-cutter', 'iu-cutter-v0.6']);
  expect(await readFile(join(host.sibling, 'VERSION'), 'utf8')).toBe('0.4.0\n');
  expect(await git(host.sibling, ['status', '--porcelain'])).toBe('');
});

test('the ratified list is in the form of sha256sum and agrees with the staged files', async () => {
  const { staging } = world;
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
  const { host, ssotMachine } = world;
  for (const file of ['etc/hostname', 'etc/machine-id']) {
    const [one, other] = await Promise.all([
      readFile(join(host.root, file), 'utf8'),
      readFile(join(ssotMachine, file), 'utf8'),
    ]);
    expect(one).not.toBe(other);
  }
});

test('the knowledge base is empty but for its README', async () => {
  expect(await readdir(world.knowledgeBase)).toEqual(['README.md']);
});

test('a folder that holds something is refused', async () => {
  const { directory } = world;
  await expect(buildWorld({ directory, database: 'none' })).rejects.toThrow('expected an empty folder');
});

test('a world without a database says so when it is to be disturbed', async () => {
  await expect(world.disturb()).rejects.toThrow('expected a world with a database');
});
