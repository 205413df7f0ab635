// In which order a live path is changed: the fence, then the look, then the host's journal, then the change, then the journal
// again. Real commands on this machine, written down as they are sent.
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rollback } from '../../jobs/rollback.ts';
import { rollbackReadiness } from '../../jobs/rollback-readiness.ts';
import { stage } from '../../jobs/stage.ts';
import { stashOf } from '../../src/gate/change-host.ts';
import { digestsAt } from '../../src/gate/digests-at.ts';
import { type Exchange, exchangeTrees } from '../../src/gate/exchange-trees.ts';
import { placeTree } from '../../src/gate/place-tree.ts';
import { pruneOldTrees } from '../../src/gate/prune-old-trees.ts';
import { fenceOff } from '../../src/gate/raise-fence.ts';
import type { Command } from '../../src/host/command.ts';
import { setFence } from '../../src/host/commands/mutate-fence.ts';
import { type ExchangeWay, exchangeTrials, parseExchangeTrials } from '../../src/host/exchange.ts';
import { type PlacingWay, parsePlacingTrials, placingTrials } from '../../src/host/place.ts';
import { factsWith } from '../fixtures/reference-facts.ts';
import { openWorker, RecordingHost, type WorkerOnThisMachine } from '../fixtures/worker-on-this-machine.ts';

let directory: string;
let worker: WorkerOnThisMachine;
/** How this machine exchanges and places trees. */
let way: ExchangeWay;
let placingWay: PlacingWay;
beforeAll(async () => {
  const host = new RecordingHost();
  const here = await mkdtemp(join(tmpdir(), 'interlock-order-'));
  way = parseExchangeTrials(await host.run(exchangeTrials(here))).way;
  placingWay = parsePlacingTrials(await host.run(placingTrials(here))).way;
  await host.end();
  await rm(here, { recursive: true });
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-order-'));
  worker = await openWorker(directory);
});
afterEach(async () => {
  await worker.host.end();
  await rm(directory, { recursive: true, force: true });
});

const steps = [
  [/^set fence/, 'fence'],
  [/^append to journal/, 'journal'],
  [/^exchange /, 'exchange'],
  [/^(rename|place|name) /, 'rename'],
  [/^remove /, 'remove'],
  [/^(look at|list)/, 'look'],
  [/^read journal/, 'read journal'],
] as const;

/** What was sent, step by step; several looks in a row are one. */
function course(commands: readonly Command[]): string[] {
  const named = commands.map(({ title }) => steps.find(([title_]) => title_.test(title))?.[1] ?? title);
  return named.filter((step, at) => step !== 'look' || named[at - 1] !== 'look');
}

/** Every change but the fence itself acts only behind it. */
function expectFenced(commands: readonly Command[]): void {
  const { fence } = stashOf(worker.livePath);
  for (const { effect, title, argv } of commands)
    if (effect === 'mutate' && !title.startsWith('set fence')) expect(argv, title).toContain(fence);
}

async function tree(path: string, version: string): Promise<void> {
  await mkdir(path);
  await writeFile(join(path, 'VERSION'), version);
}
const version = (path: string) => readFile(join(path, 'VERSION'), 'utf8');
const journal = async () => {
  const text = await readFile(stashOf(worker.livePath).journal, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { state: string; [field: string]: unknown });
};

async function exchange(candidate = 'B'): Promise<Exchange> {
  const { livePath: live, host } = worker;
  const incoming = `${live}.staged-r1`;
  await tree(live, 'A');
  await tree(incoming, candidate);
  const [was = null, becomes] = await digestsAt(host, [live, incoming], new AbortController().signal);
  host.commands.length = 0;
  const outgoing = `${live}.pre-r1-20260521T053334Z`;
  return { way, live, incoming, outgoing, was, becomes: becomes ?? '' };
}

describe('an exchange', () => {
  it('raises the fence, looks, writes down what it begins, acts behind the fence, and writes down the end', async () => {
    const wanted = await exchange();
    const context = await worker.begin('promote');
    await exchangeTrees(context, wanted);
    const { commands } = worker.host;
    expect(course(commands)).toEqual(['fence', 'look', 'journal', 'exchange', 'rename', 'journal']);
    expectFenced(commands);
    expect(await version(wanted.live)).toBe('B');
    expect(await version(wanted.outgoing)).toBe('A');
    expect((await journal()).map(({ state }) => state)).toEqual(['begin', 'end']);
    expect(context.executor.journal.map(({ kind }) => kind)).toEqual([
      ...['host.fence', 'host.journal', 'host.exchange', 'host.rename', 'host.journal'],
    ]);
  });

  it('that was begun is finished, and not done twice', async () => {
    const wanted = await exchange();
    await exchangeTrees(await worker.begin('promote'), wanted);
    worker.host.commands.length = 0;
    await exchangeTrees(await worker.begin('promote'), wanted);
    expect(course(worker.host.commands)).toEqual(['fence', 'look', 'journal']);
    expect(await version(wanted.live)).toBe('B');
  });

  it('of two equal trees that was done and not finished is finished, and not done back', async () => {
    const wanted = await exchange('A');
    const before = await stat(wanted.incoming);
    const run = worker.host.run.bind(worker.host);
    worker.host.run = async (command, options) => {
      if (command.title.startsWith('rename ')) throw new Error('the worker died');
      return run(command, options);
    };
    await expect(exchangeTrees(await worker.begin('promote'), wanted)).rejects.toThrow('died');
    worker.host.run = run;
    worker.host.commands.length = 0;
    await exchangeTrees(await worker.begin('promote'), wanted);
    expect(course(worker.host.commands)).not.toContain('exchange');
    expect((await stat(wanted.live)).ino).toBe(before.ino);
    expect((await journal()).map(({ state }) => state)).toEqual(['begin', 'end']);
  });

  it('of a host that has drifted changes nothing but the fence', async () => {
    const wanted = await exchange();
    await writeFile(join(wanted.live, 'VERSION'), 'by hand');
    await expect(exchangeTrees(await worker.begin('promote'), wanted)).rejects.toMatchObject({
      status: 'blocked',
      code: 'drift',
    });
    expect(course(worker.host.commands)).toEqual(['fence', 'look']);
    expect(await version(wanted.live)).toBe('by hand');
  });

  it('does nothing once another attempt has raised its fence', async () => {
    const wanted = await exchange();
    const { host, livePath } = worker;
    const run = host.run.bind(host);
    const { fence } = stashOf(livePath);
    // Right before the first line of the journal.
    host.run = async (command, options) => {
      if (command.title.startsWith('append to journal')) await run(setFence(fence, 'r1/promote/2/other'));
      return run(command, options);
    };
    await expect(exchangeTrees(await worker.begin('promote'), wanted)).rejects.toMatchObject({
      code: 'fenced-off',
    });
    expect(await version(wanted.live)).toBe('A');
    await expect(journal()).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a fence', () => {
  it('has a token of its own at every raise, which names the attempt', async () => {
    const tokens = [
      await fenceOff(await worker.begin('promote')),
      await fenceOff(await worker.begin('promote')),
    ];
    for (const token of tokens) expect(token).toMatch(/^r1\/promote\/1\/[0-9a-f-]{36}$/);
    expect(new Set(tokens).size).toBe(2);
    expect((await readFile(stashOf(worker.livePath).fence, 'utf8')).trim()).toBe(tokens[1]);
  });
});

describe('the first tree of a live path', () => {
  const placing = async () => {
    const { livePath: to, host } = worker;
    const from = `${to}.staged-r1`;
    await tree(from, 'B');
    const [digest] = await digestsAt(host, [from], new AbortController().signal);
    host.commands.length = 0;
    return { way: placingWay, from, to, tree: digest ?? null };
  };

  it('is placed in the same order', async () => {
    const wanted = await placing();
    await placeTree(await worker.begin('promote', { target: { first: true } }), wanted);
    expect(course(worker.host.commands)).toEqual(['fence', 'look', 'journal', 'rename', 'journal']);
    expectFenced(worker.host.commands);
    expect(await version(wanted.to)).toBe('B');
    expect((await journal()).map(({ state }) => state)).toEqual(['begin', 'end']);
  });

  it('is not placed where something has come to lie', async () => {
    const wanted = await placing();
    await tree(wanted.to, 'by hand');
    await expect(placeTree(await worker.begin('promote'), wanted)).rejects.toMatchObject({ code: 'drift' });
    expect(course(worker.host.commands)).toEqual(['fence', 'look']);
    expect(await version(wanted.to)).toBe('by hand');
  });
});

describe('old trees', () => {
  /** Four promotes by the host's journal, each with the tree that it took out of service. */
  async function promoted(): Promise<string[]> {
    const { livePath: live, host } = worker;
    await tree(live, 'live');
    const lines: string[] = [];
    const paths: string[] = [];
    for (const day of [1, 2, 3, 4]) {
      const outgoing = `${live}.pre-r${day}-2026050${day}T000000Z`;
      await tree(outgoing, `old ${day}`);
      const [was] = await digestsAt(host, [outgoing], new AbortController().signal);
      const at = `2026-05-0${day}T00:00:00.000Z`;
      const entry = { run: `r${day}`, gate: 'promote', at, state: 'end', live, outgoing, was };
      lines.push(JSON.stringify({ ...entry, incoming: `${live}.staged-r${day}` }));
      paths.push(outgoing);
    }
    await writeFile(stashOf(live).journal, `${lines.join('\n')}\n`);
    host.commands.length = 0;
    return paths;
  }
  const begin = () => worker.begin('rollback-readiness', { target: { keepBackups: 1 } });
  const beside = async () => (await readdir(directory)).filter((name) => name.startsWith('app.pre-'));

  it('go behind the fence, each written down before and after, and the newest and the anchor stay', async () => {
    const paths = await promoted();
    const removed = await pruneOldTrees(await begin(), paths[2] ?? null);
    expect(removed.map(({ path }) => path)).toEqual([paths[1], paths[0]]);
    expect(await beside()).toEqual(['app.pre-r3-20260503T000000Z', 'app.pre-r4-20260504T000000Z']);
    expect(course(worker.host.commands)).toEqual([
      ...['read journal', 'fence'],
      ...['look', 'journal', 'remove', 'journal'],
      ...['look', 'journal', 'remove', 'journal'],
    ]);
    expectFenced(worker.host.commands);
  });

  it('stay where they are not what the journal says, and are named', async () => {
    const [first = '', second = ''] = await promoted();
    await writeFile(join(first, 'VERSION'), 'somebody has put something else here');
    const context = await begin();
    const removed = await pruneOldTrees(context, null);
    expect(removed.map(({ path }) => path)).toEqual([expect.stringContaining('pre-r3'), second]);
    expect(await version(first)).toBe('somebody has put something else here');
    expect(context.record.evidence.map(({ text }) => text).join()).toContain(`${first}: expected sha256:`);
    expect(await journal()).not.toContainEqual(expect.objectContaining({ prune: first }));
  });

  it('whose removal was cut off are removed, whatever is left of them', async () => {
    const [first = ''] = await promoted();
    const { journal: path } = stashOf(worker.livePath);
    const begun = { run: 'r4', gate: 'rollback-readiness', at: '2026-05-05T00:00:00.000Z', state: 'begin' };
    await writeFile(path, `${await readFile(path, 'utf8')}${JSON.stringify({ ...begun, prune: first })}\n`);
    await rm(join(first, 'VERSION'));
    expect((await pruneOldTrees(await begin(), null)).map((each) => each.path)).toContain(first);
    expect(await beside()).toEqual(['app.pre-r4-20260504T000000Z']);
  });

  it.each([
    ['go once the way back was gone on copies', true, 1],
    ['all stay where the way back does not hold', false, 4],
  ])('%s', async (_, holds, left) => {
    const [, , , backupPath = ''] = await promoted();
    const { livePath, host } = worker;
    const [digest = ''] = await digestsAt(host, [backupPath], new AbortController().signal);
    const backupTree = { digest: holds ? digest : `sha256:${'9'.repeat(64)}` };
    const facts = {
      stage: factsWith('stage', { livePath, exchangeWay: way }),
      promote: factsWith('promote', { livePath, backupPath, backupTree }),
    };
    const context = await worker.begin('rollback-readiness', { target: { keepBackups: 1 }, job: { facts } });
    await rollbackReadiness.run(context);
    expect(context.record.checks.every(({ status }) => status === 'pass')).toBe(holds);
    expect(await beside()).toHaveLength(left);
  });

  it('of which none is to go leave the host alone', async () => {
    await promoted();
    const context = await worker.begin('rollback-readiness', { target: { keepBackups: 9 } });
    expect(await pruneOldTrees(context, null)).toEqual([]);
    expect(course(worker.host.commands)).toEqual(['read journal']);
  });
});

describe('a rollback of a promote that had changed nothing when it was shown', () => {
  async function takenBack(goesOn: boolean) {
    const wanted = await exchange();
    const { live: livePath, incoming: stagedPath, outgoing: backupPath, was, becomes } = wanted;
    const liveTree = { digest: was, files: 1 };
    const stagedTree = { digest: becomes, files: 1 };
    const facts = {
      stage: factsWith('stage', { livePath, stagedPath, backupPath, liveTree, stagedTree, exchangeWay: way }),
      drift: factsWith('drift', { liveTree }),
      'rollback-readiness': factsWith('rollback-readiness', {
        ...{ anchor: { path: backupPath, digest: wanted.was }, position: 'before' },
      }),
    };
    if (goesOn) await exchangeTrees(await worker.begin('promote'), wanted);
    const job = { facts, operation: 'rollback', subjectRun: 'r1' } as const;
    const context = await worker.begin('rollback', { job });
    return { ended: await rollback.run(context).catch((error: unknown) => error), live: livePath };
  }

  it('changes nothing behind its fence', async () => {
    const { ended, live } = await takenBack(false);
    expect(ended).toMatchObject({ badPath: null });
    expect(await version(live)).toBe('A');
  });

  it('is blocked when the promote has gone on since, and takes nothing back', async () => {
    const { ended, live } = await takenBack(true);
    expect(ended).toMatchObject({
      code: 'drift',
      message: expect.stringContaining('Ask for the rollback anew'),
    });
    expect(await version(live)).toBe('B');
  });
});

it('a stage whose artifact another worker has is blocked, and brings nothing to the host', async () => {
  await tree(worker.livePath, 'A');
  const ended: unknown = await stage.run(await worker.begin('stage')).catch((error: unknown) => error);
  expect(ended).toMatchObject({
    code: 'artifact-not-here',
    message: expect.stringContaining('by the same machine'),
  });
  expect((await readdir(directory)).filter((name) => name.startsWith('app.'))).toEqual([]);
});
