import { describe, expect, it } from 'vitest';
import { concludeRun, reportGate } from '../../src/report/conclude-run.ts';
import { whereThingsStand } from '../../src/report/where-things-stand.ts';
import { foldRun } from '../../src/run/state.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';
import {
  bob,
  eventsAtEnd,
  eventsAtSigning,
  requester,
  type Scenario,
  stateAtSigning,
} from '../fixtures/run-events.ts';

const reason = { code: 'test', text: 'a test' };

describe('the conclusion of a run', () => {
  it('is, before the report gate has ended, the verdict that the ledger gets afterwards', () => {
    for (const scenario of [
      {},
      { results: { test: { status: 'fail' as const, reason } } },
      { mode: 'DRYRUN' as const },
    ]) {
      const events = eventsAtSigning(scenario);
      const ended = foldRun('r1', eventsAtEnd(events));
      expect(concludeRun(foldRun('r1', events))).toMatchObject({
        verdict: ended.finished?.verdict,
        outcome: ended.finished?.outcome,
      });
    }
  });

  it('names what stopped the run', () => {
    const failed = concludeRun(stateAtSigning({ results: { test: { status: 'fail', reason } } }));
    expect(failed).toMatchObject({ verdict: 'FAILED', stop: { gate: { status: 'fail' }, reason } });
    const rejected = concludeRun(stateAtSigning({ votes: [{ ...bob, vote: 'reject' }] }));
    expect(rejected).toMatchObject({ verdict: 'BLOCKED', stop: { reason: { code: 'rejected' } } });
    const aborted = concludeRun(stateAtSigning({ abortAfter: 'survey' }));
    expect(aborted).toMatchObject({ verdict: 'BLOCKED', stop: { reason: { code: 'aborted' } } });
    expect(aborted.stop?.reason.text).toContain(requester.name);
    expect(concludeRun(stateAtSigning()).stop).toBeNull();
  });

  it('is no PASS when a forbidden action is in the journal, though every gate passed', () => {
    const plan = referencePlan({
      forbiddenActions: [{ id: 'x', title: 'Exchange a tree', evidence: [{ journal: 'host.exchange' }] }],
    });
    const run = stateAtSigning({ plan });
    expect(reportGate(run)).toMatchObject({ status: 'fail', reason: { code: 'claim-contradicted' } });
    expect(concludeRun(run)).toMatchObject({ verdict: 'FAILED', stop: { gate: { status: 'fail' } } });
  });
});

describe('where things stand', () => {
  it.each<[string, Scenario, object]>([
    ['a run that passed', {}, { repository: 'committed', live: 'candidate' }],
    [
      'one blocked at the start',
      { results: { precheck: { status: 'blocked', reason } } },
      { repository: 'unmoved', live: 'unchanged' },
    ],
    ['one rejected', { votes: [{ ...bob, vote: 'reject' }] }, { repository: 'committed', live: 'unchanged' }],
    [
      'one rolled back',
      { results: { prove: { status: 'fail', reason } } },
      { repository: 'committed', live: 'restored' },
    ],
    [
      'one whose promote never answered',
      { results: { promote: { status: 'inconclusive', reason, mutations: [] } } },
      { repository: 'committed', live: 'unknown' },
    ],
    [
      'one whose rollback failed',
      { results: { prove: { status: 'fail', reason }, rollback: { status: 'fail', reason } } },
      { repository: 'committed', live: 'unknown' },
    ],
    ['a dry run', { mode: 'DRYRUN' }, { repository: 'unmoved', live: 'unchanged' }],
  ])('after %s', (_name, scenario, expected) => {
    expect(whereThingsStand(stateAtSigning(scenario))).toEqual(expected);
  });
});
