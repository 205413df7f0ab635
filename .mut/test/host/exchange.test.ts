import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  type ExchangeWay,
  exchangeCommand,
  exchangeTrials,
  parseExchangeTrials,
} from '../../src/host/exchange.ts';
import { LocalHost } from '../../src/host/local-host.ts';
import { runOk } from '../../src/host/run-ok.ts';

// A login's path: a developer's own may begin with wrappers that take long to start.
const host = new LocalHost({ name: 'web-1', env: { PATH: '/usr/local/bin:/usr/bin:/bin' } });
let dir: string;
/** The ways that this machine has. */
let ways: ExchangeWay[];

beforeAll(async () => {
  const here = await mkdtemp(join(tmpdir(), 'interlock-exchange-'));
  const { trials } = parseExchangeTrials(await runOk(host, exchangeTrials(here)));
  ways = trials.filter(({ outcome }) => outcome === 'works').map(({ way }) => way);
  await rm(here, { recursive: true });
});
afterAll(() => host.close());
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "interlock exchange's-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const trees = async (): Promise<{ live: string; staged: string }> => {
  const [live, staged] = [join(dir, 'live'), join(dir, 'staged')];
  for (const [tree, content] of [[live, 'old'] as const, [staged, 'new'] as const]) {
    await mkdir(tree);
    await writeFile(join(tree, 'version'), content);
  }
  return { live, staged };
};

/** Opens and reads one file in a tight loop until its input ends; says what went missing and what was mixed. */
const READER = `
const { readFileSync } = require('node:fs');
let reads = 0, missing = 0, mixed = 0, seen = new Set(), stop = false;
process.stdin.resume().on('end', () => { stop = true; });
const loop = () => {
  for (let n = 0; n < 200; n += 1) {
    reads += 1;
    try {
      const content = readFileSync(process.argv[1], 'utf8');
      if (content !== content[0].repeat(4096)) mixed += 1;
      seen.add(content[0]);
    } catch { missing += 1; }
  }
  if (stop) console.log(JSON.stringify({ reads, missing, mixed, seen: [...seen].sort() }));
  else setImmediate(loop);
};
console.log('reading');
loop();
`;

test('a reader in a tight loop misses nothing and never sees a mixture during 200 exchanges', async () => {
  const { live, staged } = await trees();
  await writeFile(join(live, 'version'), 'a'.repeat(4096));
  await writeFile(join(staged, 'version'), 'b'.repeat(4096));
  const reader = spawn(process.execPath, ['-e', READER, join(live, 'version')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const said = text(reader.stdout);
  await once(reader.stdout, 'data');
  // The last way is the quickest to start here; the next test takes each of them.
  const way = ways.at(-1) ?? 'perl';
  for (let n = 0; n < 200; n += 1) await runOk(host, exchangeCommand(way, live, staged));
  reader.stdin.end();
  const { reads, missing, mixed, seen } = JSON.parse((await said).replace('reading\n', ''));
  expect({ missing, mixed, seen }).toEqual({ missing: 0, mixed: 0, seen: ['a', 'b'] });
  expect(reads).toBeGreaterThan(200);
});

test('every way of this machine swaps two trees', async () => {
  expect(ways.length).toBeGreaterThan(0);
  const { live, staged } = await trees();
  for (const [n, way] of ways.entries()) {
    await runOk(host, exchangeCommand(way, live, staged));
    expect(await readFile(join(live, 'version'), 'utf8')).toBe(n % 2 === 0 ? 'new' : 'old');
    expect(await readFile(join(staged, 'version'), 'utf8')).toBe(n % 2 === 0 ? 'old' : 'new');
  }
});

test('the trial names what each way can do, and leaves nothing behind', async () => {
  const { way, trials } = parseExchangeTrials(await runOk(host, exchangeTrials(dir)));
  expect(trials.map((trial) => trial.way)).toEqual(['mv', 'exch', 'python3', 'perl']);
  expect(trials.find(({ outcome }) => outcome === 'works')?.way).toBe(way);
  expect(await readdir(dir)).toEqual([]);
});

test('refuses by name where no way works', async () => {
  const tools = join(dir, 'tools');
  await mkdir(tools);
  for (const tool of ['sh', 'mktemp', 'mkdir', 'rm']) {
    await symlink(
      execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim(),
      join(tools, tool),
    );
  }
  // A mv as coreutils before 9.5 have it.
  await writeFile(join(tools, 'mv'), '#!/bin/sh\necho "mv: unrecognized option \'$1\'" >&2\nexit 1\n');
  await chmod(join(tools, 'mv'), 0o755);
  const bare = new LocalHost({ name: 'web-2', env: { PATH: tools } });
  const result = await runOk(bare, exchangeTrials(dir));
  expect(() => parseExchangeTrials(result)).toThrow(
    expect.objectContaining({
      code: 'exchange-unavailable',
      message: expect.stringMatching(
        /mv: fails \(.*--exchange.*\); exch: absent; python3: absent; perl: absent/,
      ),
    }),
  );
  expect(await readdir(dir)).toEqual(['tools']);
  await bare.close();
});

test('takes a program that swaps nothing for one that fails', async () => {
  const tools = join(dir, 'tools');
  await mkdir(tools);
  await writeFile(join(tools, 'exch'), '#!/bin/sh\nexit 0\n');
  await chmod(join(tools, 'exch'), 0o755);
  const lying = new LocalHost({ name: 'web-2', env: { PATH: `${tools}:/usr/bin:/bin` } });
  const { trials } = parseExchangeTrials(await runOk(lying, exchangeTrials(dir)));
  expect(trials.find(({ way }) => way === 'exch')).toMatchObject({ outcome: 'fails' });
  await lying.close();
});

test('swaps nothing when one of the two is no plain directory', async () => {
  const { live, staged } = await trees();
  await symlink(staged, join(dir, 'link'));
  await writeFile(join(dir, 'file'), '');
  for (const wrong of ['link', 'file', 'none']) {
    const result = await host.run(exchangeCommand(ways[0] ?? 'python3', join(dir, wrong), staged));
    expect(result).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('expected a plain directory'),
    });
  }
  expect(await readFile(join(live, 'version'), 'utf8')).toBe('old');
  expect(await readFile(join(staged, 'version'), 'utf8')).toBe('new');
});

test('refuses to swap a tree with itself or with its own part', () => {
  for (const [a, b] of [
    ['/srv/a', '/srv/a'] as const,
    ['/srv/a', '/srv/a/b'] as const,
    ['a', '/b'] as const,
  ]) {
    expect(() => exchangeCommand('perl', a, b)).toThrow(expect.objectContaining({ code: 'usage' }));
  }
});

test('swaps nothing across filesystems, and says so', async (context) => {
  const shm = await mkdtemp('/dev/shm/interlock-exchange-').catch(() =>
    context.skip('no second filesystem here'),
  );
  const { live } = await trees();
  const result = await host.run(exchangeCommand(ways[0] ?? 'python3', live, shm));
  await rm(shm, { recursive: true });
  expect(result.exitCode).not.toBe(0);
  expect(result.stderr).toMatch(/cross-device/i);
  expect(await readFile(join(live, 'version'), 'utf8')).toBe('old');
});
