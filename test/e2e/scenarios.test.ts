// Scenarios of the demo, as a user runs it: how each ends, what it says, and what it leaves. The others are in test/run/scenarios.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { afterAll, describe, expect, it } from 'vitest';
import { plantedSecret } from '../../examples/world/plant-secret.ts';
import type { Scenario } from '../../examples/world/scenario.ts';
import { sha256Hex } from '../../src/evidence/digest.ts';
import {
  before,
  type Ending,
  expectEnding,
  expectHostUntouched,
  expectRepository,
  expectRolledBack,
  expectUntouched,
  gateIds,
  lookAtHost,
  promoted,
} from '../fixtures/demo-endings.ts';
import { type DemoRun, runDemo } from '../fixtures/run-demo.ts';
import { fileDigests, treeContents } from '../fixtures/tree-contents.ts';

/** Each demo takes both of a small machine's cores for a while. */
const limit = pLimit(2);
const demos: Promise<DemoRun>[] = [];
// Also those whose test gave up on them: they remove what is theirs when they end.
afterAll(async () => {
  for (const demo of await Promise.allSettled(demos))
    if (demo.status === 'fulfilled') await demo.value.remove();
});

function theScenario(
  scenario: Scenario,
  ending: Ending,
  more: (demo: DemoRun) => Promise<void> | void,
): void {
  it(`${scenario} ends ${ending.verdict}, with exit code ${ending.exitCode}`, { timeout: 280_000 }, async ({
    signal,
  }) => {
    const playing = limit(() => runDemo(scenario, signal));
    demos.push(playing);
    const demo = await playing;
    expectEnding(demo, ending);
    await expectUntouched(demo);
    await expectRepository(demo, ending, scenario);
    await more(demo);
  });
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
      // Where docs/operations.md says that the artifact lies, for `interlock verify --artifact`.
      const data = join(demo.directory, 'data');
      const [, sha256 = ''] = /Artifact .*? sha256 `([0-9a-f]{64})`/.exec(demo.said) ?? [];
      const artifact = await readFile(join(data, 'evidence/sha256', sha256.slice(0, 2), sha256.slice(2)));
      expect(sha256Hex(artifact)).toBe(sha256);
      expect(await readdir(join(data, 'workspaces', runId, 'artifact'))).toEqual(['.git']);
    },
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
    async (demo) => {
      await expectRolledBack({ directory: demo.directory, runId: demo.summary.runId });
      expect(demo.summary.gates).toContainEqual(expect.objectContaining({ id: 'RB', status: 'pass' }));
    },
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
