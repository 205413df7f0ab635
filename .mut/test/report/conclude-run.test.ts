import { describe, expect, it } from 'vitest';
import { describeDeployment } from '../../src/attestation/describe-deployment.ts';
import { concludeRun, reportGate } from '../../src/report/conclude-run.ts';
import { whereThingsStand } from '../../src/report/where-things-stand.ts';
import { foldRun } from '../../src/run/state.ts';
import { verdictOf } from '../../src/run/verdict.ts';
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

const unsigned = { documents: [], ledgerHead: `sha256:${'0'.repeat(64)}`, statements: [] };

describe('the conclusion of a run', () => {
  it('is, before the report gate has ended, the verdict that the ledger gets afterwards', () => {
    const doubtful: Scenario = {
      plan: referencePlan({
        gates: [
          ...referencePlan().gates.slice(0, 4),
          {
            id: 'G3',
            kind: 'host-survey',
            title: 'the host',
            supplementary: true,
            with: { host: 'contabo' },
          },
          ...referencePlan().gates.slice(4),
        ],
      }),
      results: { 'host-survey': { status: 'fail', reason } },
    };
    const scenarios: Scenario[] = [
      {},
      { results: { test: { status: 'fail', reason } } },
      { mode: 'DRYRUN' },
      doubtful,
    ];
    for (const scenario of scenarios) {
      const events = eventsAtSigning(scenario);
      const ended = foldRun('r1', eventsAtEnd(events));
      expect(concludeRun(foldRun('r1', events))).toMatchObject({
        verdict: ended.finished?.verdict,
        outcome: ended.finished?.outcome,
      });
      // What a verifier makes of the signed gates alone.
      const { mode, gates } = describeDeployment(foldRun('r1', events), unsigned);
      expect(verdictOf(mode, gates).verdict).toBe(ended.finished?.verdict);
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
    // FAILED would say that the live tree is as before; the candidate was seen there.
    expect(concludeRun(run)).toMatchObject({
      verdict: 'INCONCLUSIVE',
      reason: { code: 'live-does-not-fit' },
      stop: { gate: { status: 'fail' } },
    });
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
      'one whose promote never answered, and the host was seen as it was',
      { results: { promote: { status: 'inconclusive', reason, mutations: [] } } },
      { repository: 'committed', live: 'unchanged' },
    ],
    [
      'one whose promote never answered, and whose host does not either',
      {
        results: {
          promote: { status: 'inconclusive', reason, mutations: [] },
          'observe-live': { status: 'inconclusive', reason, facts: {} },
        },
      },
      { repository: 'committed', live: 'unknown' },
    ],
    [
      'one whose rollback failed, and the candidate was seen',
      { results: { prove: { status: 'fail', reason }, rollback: { status: 'fail', reason } } },
      { repository: 'committed', live: 'candidate' },
    ],
    ['a dry run', { mode: 'DRYRUN' }, { repository: 'unmoved', live: 'unchanged' }],
  ])('after %s', (_name, scenario, expected) => {
    expect(whereThingsStand(stateAtSigning(scenario))).toEqual(expected);
  });
});
