// What the reports of gates and the end of a run may not say wrongly: each row is a state and the words that are true of it.
import { describe, expect, it } from 'vitest';
import type { RunState } from '../../src/run/state.ts';
import { factsOfGate, sha256 } from '../fixtures/run-facts.ts';
import { approver, examplePlan, gateResult, RunTale, requester, shown } from '../fixtures/slack-runs.ts';

const asked = () => new RunTale('r-1').passBefore('promote').askApproval();
const drifted = { code: 'drift', text: 'It drifted.' };

describe('the report of a gate', () => {
  it.each(['partial', 'fail', 'blocked', 'inconclusive'] as const)(
    'names a criterion that is %s, and does not count it as one that holds',
    (status) => {
      const [holds] = gateResult('stage').checks;
      if (!holds) throw new Error('expected a criterion');
      const checks = [holds, { ...holds, id: 'second', title: 'the other one', status }];
      const tale = new RunTale('r-1').queue('stage').finish('stage', { status, reason: drifted, checks });
      const text = shown(tale.state, 'gate-stage');
      expect(text).toContain('1 of 2 checks hold');
      expect(text).toMatch(/Does not hold.*the other one/);
    },
  );
});

describe('the end of a run', () => {
  const rejected = () =>
    asked().tell({ type: 'approval.rejected', data: { digest: sha256('d1'), by: approver } });

  it.each<[string, RunState, string, string]>([
    [
      'that was rejected names who rejected it, and nobody who approved',
      rejected().end({ verdict: 'BLOCKED', reason: drifted }).state,
      '*Rejected by Alex Approver* at',
      'Approved by',
    ],
    [
      'that was aborted says that nobody decided',
      asked()
        .tell({ type: 'run.aborted', data: { by: requester, reason: 'late' } })
        .end({ verdict: 'BLOCKED', reason: drifted }).state,
      'Not decided before the run was aborted',
      'Approved by',
    ],
    [
      'that did not pass has measured, and held nothing',
      asked().end({ verdict: 'FAILED', reason: drifted }).state,
      '*Measured',
      '*Held',
    ],
    ['that passed has held', asked().end().state, '*Held', '*Measured'],
    [
      'over proofs of which one does not hold counts it',
      new RunTale('r-1')
        .passBefore('test')
        .queue('test')
        .finish('test', {
          facts: {
            suites: [],
            proofs: [
              { id: 'P1', claim: 'a', holds: true },
              { id: 'P2', claim: 'b', holds: false },
            ],
          } as never,
        })
        .end({ verdict: 'FAILED', reason: drifted }).state,
      'Proofs: 1/2 before the commit',
      '2/2',
    ],
    [
      'whose report was not published says so',
      new RunTale('r-1')
        .passBefore('report')
        .queue('report')
        .finish('report', {
          facts: {
            ...factsOfGate('report'),
            publication: { published: false, detail: 'it is away' },
          } as never,
        })
        .end().state,
      'Not published: it is away',
      'Published: ',
    ],
    [
      'with a dry run has delivered nothing',
      new RunTale('r-1', examplePlan(), 'deploy', 'DRYRUN').passBefore('report').end({ verdict: 'DRYRUN' })
        .state,
      'DRYRUN',
      '*Delivered',
    ],
  ])('%s', (_, run, says, never) => {
    const text = shown(run, 'final');
    expect(text).toContain(says);
    expect(text).not.toContain(never);
  });

  it('names a pass criterion that is contradicted, and counts those that nothing speaks of', () => {
    const [check] = gateResult('precheck').checks;
    if (!check) throw new Error('expected a criterion');
    const checks = [{ ...check, id: 'machine', status: 'fail' as const }];
    const tale = new RunTale('r-1')
      .queue('precheck')
      .finish('precheck', { status: 'fail', reason: drifted, checks });
    const text = shown(tale.end({ verdict: 'FAILED', reason: drifted }).state, 'final');
    expect(text).toContain('Pass criteria: 0 of 15 hold, 14 not evidenced');
    expect(text).toContain('Contradicted: The run was on the machine that holds the SSOT repository');
    expect(text).not.toContain('Contradicted: The SSOT repository was at its baseline');
  });

  it('shows the ruling that was given last', () => {
    const ruling = (decision: 'accepted' | 'rejected', text: string) => ({
      type: 'run.ruled' as const,
      data: { by: approver, decision, text, conditions: [], gaps: [], nextPlan: null, via: 'modal' as const },
    });
    const run = asked().end().tell(ruling('accepted', 'fine')).tell(ruling('rejected', 'not at all')).state;
    expect(shown(run, 'final')).toContain('*rejected* by *Alex Approver*');
    expect(shown(run, 'final')).toContain('It replaces 1 earlier ruling, which stays on record');
    expect(shown(run, 'final')).not.toContain('> fine');
  });
});
