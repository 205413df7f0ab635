import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { LocalHost } from '../../src/host/local-host.ts';
import { type PlacingWay, parsePlacingTrials, placeCommand, placingTrials } from '../../src/host/place.ts';
import { runOk } from '../../src/host/run-ok.ts';

const path = '/usr/local/bin:/usr/bin:/bin';
const host = new LocalHost({ name: 'web-1', env: { PATH: path } });
let dir: string;
let ways: PlacingWay[];

beforeAll(async () => {
  const here = await mkdtemp(join(tmpdir(), 'interlock-place-'));
  const { trials } = parsePlacingTrials(await runOk(host, placingTrials(here)));
  // One that is here must also work: else the tests below would be about fewer than there are.
  expect(trials.filter(({ outcome }) => outcome === 'fails')).toEqual([]);
  ways = trials.filter(({ outcome }) => outcome === 'works').map(({ way }) => way);
  expect(await readdir(here)).toEqual([]);
  await rm(here, { recursive: true });
});
afterAll(() => host.close());
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "interlock place's-"));
  await mkdir(join(dir, 'staged'));
  await writeFile(join(dir, 'staged', 'version'), 'new');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('every way of this machine gives a tree a free name', async () => {
  expect(ways.length).toBeGreaterThan(0);
  let from = join(dir, 'staged');
  for (const [index, way] of ways.entries()) {
    const to = join(dir, `live-${index}`);
    await runOk(host, placeCommand(way, from, to));
    expect(await readFile(join(to, 'version'), 'utf8')).toBe('new');
    from = to;
  }
  expect(await readdir(dir)).toHaveLength(1);
});

test('a name that is taken stays as it is: a tree, an empty directory, a file, a symlink that leads nowhere', async () => {
  const [way = 'perl'] = ways;
  await mkdir(join(dir, 'empty'));
  await writeFile(join(dir, 'file'), 'old');
  await symlink('nowhere', join(dir, 'link'));
  for (const name of ['empty', 'file', 'link']) {
    const result = await host.run(placeCommand(way, join(dir, 'staged'), join(dir, name)));
    expect(result).toMatchObject({ exitCode: 17, stderr: expect.stringContaining('expected nothing at') });
  }
  expect((await readdir(dir)).toSorted()).toEqual(['empty', 'file', 'link', 'staged']);
});

test('what appears between the look and the rename is not replaced', async () => {
  // An empty directory is what rename(2) would replace. This program makes one, and then goes on to the real one.
  const tools = join(dir, 'tools');
  await mkdir(tools);
  for (const way of ways) {
    const program = way === 'python3' ? 'python3' : way;
    await writeFile(
      join(tools, program),
      `#!/bin/sh\nfor to; do :; done\nmkdir "$to"\nPATH=${path} exec ${program} "$@"\n`,
    );
    await chmod(join(tools, program), 0o755);
    const racing = new LocalHost({ name: 'web-2', env: { PATH: `${tools}:${path}` } });
    const to = join(dir, `live-${way}`);
    const result = await racing.run(placeCommand(way, join(dir, 'staged'), to));
    await racing.close();
    expect(result.exitCode).not.toBe(0);
    expect(await readdir(to)).toEqual([]);
    expect(await readFile(join(dir, 'staged', 'version'), 'utf8')).toBe('new');
  }
});

test('takes a program that replaces what is there for one that fails', async () => {
  const tools = join(dir, 'tools');
  await mkdir(tools);
  await writeFile(join(tools, 'python3'), '#!/bin/sh\nshift 2\nrmdir "$2"; exec mv -T "$1" "$2"\n');
  await chmod(join(tools, 'python3'), 0o755);
  const lying = new LocalHost({ name: 'web-3', env: { PATH: `${tools}:${path}` } });
  const { trials } = parsePlacingTrials(await runOk(lying, placingTrials(dir)));
  await lying.close();
  expect(trials.find(({ way }) => way === 'python3')).toMatchObject({
    outcome: 'fails',
    why: 'it replaces what is there',
  });
});

test('refuses a name elsewhere', () => {
  for (const [from, to] of [
    ['/srv/a', '/srv/a'] as const,
    ['/srv/a', '/opt/a'] as const,
    ['a', '/srv/b'] as const,
  ])
    expect(() => placeCommand('perl', from, to)).toThrow(expect.objectContaining({ code: 'usage' }));
});
