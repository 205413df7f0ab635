// The scenarios of the demo that differ from the others only in what the gates find: on the same world, without Slack.
import { describe, expect, it } from 'vitest';
import { BASELINE_COMMIT } from '../../examples/world/facts.ts';
import type { Scenario } from '../../examples/world/scenario.ts';
import { summarise } from '../../src/demo/summarise.ts';
import { renderDocuments } from '../../src/report/documents.ts';
import { readFacts } from '../../src/run/facts.ts';
import { factsOf, type RunState } from '../../src/run/state.ts';
import {
  type Ending,
  expectHostUntouched,
  expectRepository,
  expectRolledBack,
  expectUntouched,
  gateIds,
} from '../fixtures/demo-endings.ts';
import { type LoopbackRun, openLoopbackRun } from '../fixtures/loopback-run.ts';
import { shortenSuites } from '../fixtures/plan-file.ts';

const all = gateIds.slice(0, -1);
const until = (id: string) => all.slice(0, all.indexOf(id));

async function playScenario(
  opened: LoopbackRun,
  meanwhile: (run: RunState) => Promise<void> = async () => undefined,
): Promise<RunState> {
  const runId = await opened.deploy();
  const waiting = await opened.until(runId, (run) => run.finished !== null || run.approval !== null);
  if (!waiting.finished) {
    await opened.approve(runId);
    await meanwhile(
      await opened.until(runId, (run) => run.finished !== null || run.pointOfNoReturn !== null),
    );
  }
  return opened.until(runId, (run) => run.finished !== null);
}

async function expectEnd(
  { directory }: LoopbackRun,
  run: RunState,
  scenario: Scenario,
  ending: Omit<Ending, 'exitCode'>,
): Promise<void> {
  const summary = summarise(run, { bundle: '', report: '', thread: '' });
  expect(summary.verdict).toBe(ending.verdict);
  const status = Object.fromEntries(summary.gates.map(({ id, status: ended }) => [id, ended]));
  const [stopId, stopStatus] = ending.stopped ?? [];
  for (const id of all)
    expect([id, status[id]]).toEqual([
      id,
      ending.passed.includes(id) ? 'pass' : id === stopId ? stopStatus : 'not-run',
    ]);
  const documents = renderDocuments(run);
  const final = documents.at(-1)?.markdown;
  for (const place of [summary.reason, final]) expect(place).toContain(ending.reason);
  await expectUntouched({ directory });
  await expectRepository({ directory }, ending, scenario);
}

describe.concurrent('the scenario', () => {
  it('wrong-host is BLOCKED before anything is touched', async () => {
    const opened = await openLoopbackRun({ machine: 'contabo', scenario: 'wrong-host' });
    await using _ = { [Symbol.asyncDispose]: () => opened.close() };
    const run = await playScenario(opened);
    await expectEnd(opened, run, 'wrong-host', {
      verdict: 'BLOCKED',
      passed: [],
      stopped: ['G0', 'blocked'],
      reason: 'This worker runs on contabo; the plan needs mac-ssot',
      repository: 'as it was',
    });
    await expectHostUntouched(opened);
    expect(run.finished?.outcome).toBe('B — O8B_BLOCKED_WITH_EXACT_GAP');
  });

  it('drift is BLOCKED: the repository is not at the baseline', async () => {
    const opened = await openLoopbackRun({ scenario: 'drift' });
    await using _ = { [Symbol.asyncDispose]: () => opened.close() };
    await expectEnd(opened, await playScenario(opened), 'drift', {
      verdict: 'BLOCKED',
      passed: [],
      stopped: ['G0', 'blocked'],
      reason: `the repository is at the baseline: expected ${BASELINE_COMMIT}, got `,
      repository: 'as it was',
    });
    await expectHostUntouched(opened);
  });

  it('failing-test is FAILED by the suite of the change', async () => {
    const opened = await openLoopbackRun({ scenario: 'failing-test' });
    await using _ = { [Symbol.asyncDispose]: () => opened.close() };
    await expectEnd(opened, await playScenario(opened), 'failing-test', {
      verdict: 'FAILED',
      passed: until('G3'),
      stopped: ['G3', 'fail'],
      reason: '124 passed, 1 failed: "this tree has live wiring"',
      repository: 'as it was',
    });
    await expectHostUntouched(opened);
  });

  it('row-count-change is FAILED and rolled back: somebody wrote to production meanwhile', async () => {
    const opened = await openLoopbackRun({
      scenario: 'row-count-change',
      prepare: ({ planFile }) => shortenSuites(planFile),
    });
    await using _ = { [Symbol.asyncDispose]: () => opened.close() };
    const run = await playScenario(opened, () => opened.world.disturb());
    await expectEnd(opened, run, 'row-count-change', {
      verdict: 'FAILED',
      passed: until('G6'),
      stopped: ['G6', 'fail'],
      reason: 'information_unit 158 → 159',
      repository: 'one commit further',
    });
    await expectRolledBack({ directory: opened.directory, runId: run.runId });
    expect(run.gates.find(({ gate }) => gate.kind === 'rollback')?.status).toBe('pass');
    // Its time is that of the exchange, never that of the name that the backup was given before anybody approved.
    const { liveSince } = readFacts('promote', factsOf(run)['promote']);
    expect(Date.parse(liveSince ?? '')).toBeGreaterThanOrEqual(Date.parse(run.approval?.decidedAt ?? ''));
    expect(renderDocuments(run).at(-1)?.markdown).toContain(`(${liveSince})`);
  });
});
