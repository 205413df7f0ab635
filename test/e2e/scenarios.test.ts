// Every scenario of the demo, as a user runs it: how it ends, what it says, and what it leaves.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { afterAll, describe, expect, it } from 'vitest';
import { baselineTree } from '../../examples/world/build-ssot.ts';
import { changeSetTree } from '../../examples/world/build-staging.ts';
import { BASELINE_COMMIT, SIBLING_COMMIT } from '../../examples/world/facts.ts';
import { plantedSecret } from '../../examples/world/plant-secret.ts';
import type { Scenario } from '../../examples/world/scenario.ts';
import type { Tree } from '../../examples/world/tree.ts';
import { headOf, isClean, parentOf } from '../../src/artifact/git.ts';
import { type DemoRun, runDemo } from '../fixtures/run-demo.ts';
import { fileDigests, sha256, treeContents } from '../fixtures/tree-contents.ts';

const before = digestsOf(await baselineTree());
const promoted = { ...before, ...digestsOf(await changeSetTree('pass')) };
const gateIds = ['G0', 'G1', 'G2', 'G3', 'G4', 'G5', 'G6', 'G7', 'G8'];

/** Each demo takes both of a small machine's cores for a while. */
const limit = pLimit(2);
const demos: DemoRun[] = [];
afterAll(() => Promise.all(demos.map((demo) => demo.remove())));

interface Ending {
  readonly exitCode: 0 | 1 | 3;
  readonly verdict: 'PASS' | 'FAILED' | 'BLOCKED';
  /** Ids of the gates before the report that passed, and how the one after them ended; null when all passed. */
  readonly passed: readonly string[];
  readonly stopped: readonly [id: string, status: string] | null;
  /** What the summary, the thread and the final report all name as the reason. */
  readonly reason: string | null;
  readonly repository: 'as it was' | 'one commit further';
}

function theScenario(
  scenario: Scenario,
  ending: Ending,
  more: (demo: DemoRun) => Promise<void> | void,
): void {
  it(`${scenario} ends ${ending.verdict}, with exit code ${ending.exitCode}`, { timeout: 280_000 }, async ({
    signal,
  }) => {
    const demo = await limit(() => runDemo(scenario, signal));
    demos.push(demo);
    expectEnding(demo, ending);
    await expectUntouched(demo);
    await expectRepository(demo, ending, scenario);
    await more(demo);
  });
}

function expectEnding(
  { exitCode, summary, said, report, messages, left, told }: DemoRun,
  ending: Ending,
): void {
  expect([exitCode, summary.verdict], told).toEqual([ending.exitCode, ending.verdict]);
  const status = Object.fromEntries(summary.gates.map(({ id, status: ended }) => [id, ended]));
  const [stopId, stopStatus] = ending.stopped ?? [];
  for (const id of gateIds.slice(0, -1)) {
    const expected = ending.passed.includes(id) ? 'pass' : id === stopId ? stopStatus : 'not-run';
    expect([id, status[id]]).toEqual([id, expected]);
  }
  expect(status['G8']).toBe('pass');
  if (ending.reason === null) expect(summary.reason).toBeNull();
  else for (const place of [summary.reason, said, report]) expect(place).toContain(ending.reason);
  const last = messages.findLast(({ blocks }) => blocks?.[0]?.block_id === `il:${summary.runId}:final`);
  expect(JSON.stringify(last)).toContain(ending.verdict);
  expect(left).toEqual([]);
}

/** What no scenario may change. */
async function expectUntouched({ directory }: DemoRun): Promise<void> {
  const sibling = join(directory, 'world', 'host', 'opt', 'incomex', 'dot', 'iu-cutter');
  expect([await headOf(sibling), await isClean(sibling)]).toEqual([SIBLING_COMMIT, true]);
}

async function expectRepository(
  { directory }: DemoRun,
  { repository }: Ending,
  scenario: Scenario,
): Promise<void> {
  const ssot = join(directory, 'world', 'ssot');
  expect(await isClean(ssot)).toBe(true);
  if (repository === 'one commit further') {
    expect(await parentOf(ssot, 'HEAD')).toBe(BASELINE_COMMIT);
    const tracked = fileDigests(await treeContents(ssot, ['.git']));
    expect(tracked).toEqual(promoted);
  } else if (scenario === 'drift') {
    // Somebody else's commit is what the drift is.
    expect(await parentOf(ssot, 'HEAD')).toBe(BASELINE_COMMIT);
    expect(fileDigests(await treeContents(ssot, ['.git']))).not.toMatchObject({
      'src/live/production-adapter.ts': expect.anything(),
    });
  } else {
    expect(await headOf(ssot)).toBe(BASELINE_COMMIT);
  }
}

/** Names beside the live tree, and what is live. */
async function lookAtHost({
  directory,
}: DemoRun): Promise<{ names: string[]; live: object; parent: string }> {
  const parent = join(directory, 'world', 'host', 'opt', 'incomex', 'dot');
  return {
    parent,
    names: (await readdir(parent)).toSorted(),
    live: fileDigests(await treeContents(join(parent, 'iu-cutter-v0.6'))),
  };
}

async function expectHostUntouched(demo: DemoRun): Promise<void> {
  const { names, live } = await lookAtHost(demo);
  expect(names).toEqual(['iu-cutter', 'iu-cutter-v0.6']);
  expect(live).toEqual(before);
}

async function expectRolledBack(demo: DemoRun): Promise<void> {
  const { names, live, parent } = await lookAtHost(demo);
  expect(live).toEqual(before);
  expect(names.filter((name) => name.includes('.pre-') || name.includes('.staged-'))).toEqual([]);
  expect(fileDigests(await treeContents(join(parent, `iu-cutter-v0.6.bad-${demo.summary.runId}`)))).toEqual(
    promoted,
  );
  expect(demo.summary.gates).toContainEqual(expect.objectContaining({ id: 'RB', status: 'pass' }));
}

function digestsOf(tree: Tree): { [path: string]: string } {
  return Object.fromEntries([...tree].map(([path, content]) => [path, sha256(content)]));
}

describe.concurrent('interlock demo --auto', () => {
  const all = gateIds.slice(0, -1);
  const until = (id: string) => all.slice(0, all.indexOf(id));

  theScenario(
    'pass',
    {
      exitCode: 0,
      verdict: 'PASS',
      passed: all,
      stopped: null,
      reason: null,
      repository: 'one commit further',
    },
    async (demo) => {
      const { names, live, parent } = await lookAtHost(demo);
      expect(live).toEqual(promoted);
      const backup = names.find((name) => name.startsWith('iu-cutter-v0.6.pre-')) ?? '';
      expect(fileDigests(await treeContents(join(parent, backup)))).toEqual(before);
      expect(names).toEqual(['.interlock', 'iu-cutter', 'iu-cutter-v0.6', backup]);
      const { runId, gates, waits } = demo.summary;
      const keys = [
        'root',
        ...gates.flatMap(({ jobs }) => jobs).map(({ job }) => `gate-${job}`),
        'approval',
        'final',
      ];
      const markers = demo.messages
        .flatMap(({ blocks }) => blocks?.[0]?.block_id ?? [])
        .filter((id) => id.startsWith('il:'));
      expect(markers.toSorted()).toEqual(keys.map((key) => `il:${runId}:${key}`).toSorted());
      expect(demo.messages.flatMap(({ files }) => files ?? []).map(({ name }) => name)).toContain(
        'evidence.intoto.jsonl',
      );
      expect(gates.flatMap(({ jobs }) => jobs).filter(({ ms }) => ms === 0)).toEqual([]);
      expect(waits.map((wait) => wait.for)).toContain('approval');
    },
  );

  theScenario(
    'wrong-host',
    {
      exitCode: 3,
      verdict: 'BLOCKED',
      passed: [],
      stopped: ['G0', 'blocked'],
      reason: 'This worker runs on contabo; the plan needs mac-ssot',
      repository: 'as it was',
    },
    async (demo) => {
      await expectHostUntouched(demo);
      expect(demo.summary.outcome).toBe('B — O8B_BLOCKED_WITH_EXACT_GAP');
    },
  );

  theScenario(
    'drift',
    {
      exitCode: 3,
      verdict: 'BLOCKED',
      passed: [],
      stopped: ['G0', 'blocked'],
      reason: `the repository is at the baseline: expected ${BASELINE_COMMIT}, got `,
      repository: 'as it was',
    },
    expectHostUntouched,
  );

  theScenario(
    'secret',
    {
      exitCode: 1,
      verdict: 'FAILED',
      passed: until('G1'),
      stopped: ['G1', 'fail'],
      reason: 'no secret in the change set: expected none, got test/live/production-adapter.test.ts:',
      repository: 'as it was',
    },
    async (demo) => {
      await expectHostUntouched(demo);
      const secrets = plantedSecret()
        .split('\n')
        .filter((line) => !line.startsWith('-----'));
      const { directory, told, summary } = demo;
      const texts = [told, JSON.stringify(summary), ...(await textsIn(directory, [stagingOf(directory)]))];
      expect(texts.length).toBeGreaterThan(10);
      expect(secrets.filter((secret) => texts.some((text) => text.includes(secret)))).toEqual([]);
    },
  );

  theScenario(
    'failing-test',
    {
      exitCode: 1,
      verdict: 'FAILED',
      passed: until('G3'),
      stopped: ['G3', 'fail'],
      reason: '124 passed, 1 failed: "this tree has live wiring"',
      repository: 'as it was',
    },
    expectHostUntouched,
  );

  theScenario(
    'reject',
    {
      exitCode: 3,
      verdict: 'BLOCKED',
      // G5 is both staging, which passed, and promoting, which did not run.
      passed: until('G5'),
      stopped: ['G5', 'not-run'],
      reason: 'Alex Approver rejected it; nothing went live.',
      repository: 'one commit further',
    },
    async (demo) => {
      const { names, live } = await lookAtHost(demo);
      expect(live).toEqual(before);
      expect(names.filter((name) => name.includes('.pre-') || name.includes('.bad-'))).toEqual([]);
    },
  );

  theScenario(
    'failing-proof',
    {
      exitCode: 1,
      verdict: 'FAILED',
      passed: until('G6'),
      stopped: ['G6', 'fail'],
      reason: '5/8 hold; not holding: PROOF-1, PROOF-2, PROOF-8',
      repository: 'one commit further',
    },
    expectRolledBack,
  );

  theScenario(
    'row-count-change',
    {
      exitCode: 1,
      verdict: 'FAILED',
      passed: until('G6'),
      stopped: ['G6', 'fail'],
      reason: 'information_unit 158 → 159',
      repository: 'one commit further',
    },
    expectRolledBack,
  );
});

/** Where the planted secret is, and may be. */
function stagingOf(directory: string): string {
  return join(directory, 'world', 'staging');
}

/** The bytes of every file in a folder, read as text, but for those of these folders. */
async function textsIn(folder: string, without: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const wanted = files.filter((file) => !without.some((each) => file.startsWith(`${each}/`)));
  return Promise.all(wanted.map((file) => readFile(file, 'latin1')));
}
