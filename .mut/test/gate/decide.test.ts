import { describe, expect, it } from 'vitest';
import { decide } from '../../jobs/decide.ts';
import { gapReview } from '../../jobs/gap-review.ts';
import { concludeGate } from '../../src/gate/conclude.ts';
import type { Gate, GateContext } from '../../src/gate/context.ts';
import { createRecorder } from '../../src/gate/recorder.ts';
import { gateSchema } from '../../src/plan/schema-gates.ts';
import type { RunState } from '../../src/run/state.ts';
import { byPrecheck, gapPlan, shortRun } from '../fixtures/lineage-runs.ts';

const gap = { id: 'GAP-1', title: 'Proven on a fake only', scope: 'an integration run' };
const ready = shortRun({ runId: 'r1', plan: gapPlan([{ ...gap, ...byPrecheck }]), found: 'pass' });
const notReady = shortRun({ runId: 'r1', plan: gapPlan([{ ...gap, ...byPrecheck }]), found: 'fail' });

/** Runs a gate that needs nothing of a worker but its record and the run's ledger. */
async function outcome(gate: Gate, parameters: object, run: RunState, mode: 'LIVE' | 'DRYRUN' = 'LIVE') {
  const record = createRecorder((text) => text);
  const context: Pick<GateContext, 'gate' | 'record' | 'control'> & { job: object } = {
    gate: gateSchema.parse({ id: 'G1', kind: gate.kind, title: 'a gate on the ledger', with: parameters }),
    record,
    control: {
      run: async () => run,
      report: async () => {
        throw new Error('expected no report');
      },
    },
    job: { mode, plan: run.plan },
  };
  const facts = await gate.run(context as GateContext);
  return { ...concludeGate(record.checks), facts };
}

const question = { question: 'Does it go on?', decision: 'go on', reason: 'all is ready' };

describe('a decision by rule', () => {
  const when = (...checks: string[]) => ({ ...question, when: checks.map((check) => ({ check })) });

  it('holds when all of its evidence supports it, and says on what it rests', async () => {
    expect(await outcome(decide, when('precheck/ready'), ready)).toMatchObject({
      status: 'pass',
      facts: { decision: 'go on', by: 'rule', restsOn: ['check precheck/ready: it is ready (pass)'] },
    });
  });

  it('fails when any of it contradicts, also beside what is silent', async () => {
    const judged = await outcome(decide, when('precheck/clean', 'precheck/ready'), notReady);
    expect(judged).toMatchObject({ status: 'fail', reason: { code: 'when-2' } });
  });

  it('is inconclusive when any of it is silent, and when it rests on nothing', async () => {
    expect(await outcome(decide, when('precheck/ready', 'precheck/clean'), ready)).toMatchObject({
      status: 'inconclusive',
    });
    expect(await outcome(decide, question, ready)).toMatchObject({ status: 'inconclusive' });
  });
});

describe('a decision by people', () => {
  const people = { ...question, by: 'people' };

  it('is blocked while nobody has consented', async () => {
    expect(await outcome(decide, people, ready)).toMatchObject({
      status: 'blocked',
      reason: { code: 'consent' },
    });
  });

  it('is not taken in a dry run, which asks nobody', async () => {
    await expect(outcome(decide, people, ready, 'DRYRUN')).rejects.toMatchObject({
      status: 'not-run',
      code: 'dryrun',
    });
  });
});

describe('a review of gaps', () => {
  it('fails over a gap that must be closed, names it, and takes one that nobody disclosed for open', async () => {
    const judged = await outcome(gapReview, { mustBeClosed: ['GAP-1', 'GAP-7'] }, notReady);
    expect(judged).toMatchObject({ status: 'fail', reason: { code: 'closed-gap-1' } });
    expect(judged.reason?.text).toContain('the gap GAP-7 is closed');
  });

  it('is partial while a gap is open under which it may go on', async () => {
    expect(await outcome(gapReview, { partialWhileOpen: ['GAP-1'] }, notReady)).toMatchObject({
      status: 'partial',
      reason: { text: expect.stringContaining('(known gap GAP-1)') },
    });
  });

  it('takes what this run has evidence for as closed, and says on what that depends', async () => {
    expect(await outcome(gapReview, { mustBeClosed: ['GAP-1'] }, ready)).toMatchObject({
      status: 'pass',
      facts: { gaps: [{ id: 'GAP-1', status: 'closed, if this run ends PASS or PARTIAL' }] },
    });
  });

  it('closes nothing by the evidence of a dry run', async () => {
    const dry = shortRun({ runId: 'r1', plan: ready.plan, found: 'pass', mode: 'DRYRUN' });
    expect(await outcome(gapReview, { mustBeClosed: ['GAP-1'] }, dry)).toMatchObject({ status: 'fail' });
  });
});
