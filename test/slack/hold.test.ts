import { describe, expect, it } from 'vitest';
import { standingsOf } from '../../src/run/standing.ts';
import { foldRun } from '../../src/run/state.ts';
import { wentLive } from '../../src/run/target.ts';
import { deliveredLines } from '../../src/slack/view/delivered.ts';
import { nothingKnown } from '../../src/slack/view/desired-message.ts';
import { finalMessage } from '../../src/slack/view/final.ts';
import { holdLines, isHeld } from '../../src/slack/view/hold.ts';
import { rootMessage } from '../../src/slack/view/root.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';
import { eventsAtEnd, eventsAtSigning, type Scenario } from '../fixtures/run-events.ts';

const reason = { code: 'connection-lost', text: 'the connection was lost' };

const ended = (scenario: Scenario) => foldRun('r1', eventsAtEnd(eventsAtSigning(scenario)));

describe('a run that could not prove what is live', () => {
  const run = ended({ results: { prove: { status: 'inconclusive', reason } } });

  it('holds, and says whom it asks, where to look and what they can do', () => {
    expect(run.rollback).toBeNull();
    const said = holdLines(run).join('\n');
    for (const part of [
      'the reviewers',
      '/opt/dot/iu-cutter-v0.6',
      'contabo',
      '`/rollback r1`',
      '`/verify r1`',
      '1 of SG',
    ])
      expect(said).toContain(part);
    expect(JSON.stringify(finalMessage(run, nothingKnown)?.blocks)).toContain('A person must decide');
    expect(JSON.stringify(rootMessage(run, nothingKnown).blocks)).toContain('*Holds* and asks');
  });

  it('does not offer to keep what nobody knows', () => {
    const unknown = { status: 'inconclusive' as const, reason, facts: {}, mutations: [] };
    const cut = ended({ results: { promote: unknown, 'observe-live': unknown } });
    expect(holdLines(cut).join('\n')).toContain('what is live is not known');
    expect(holdLines(cut).join('\n')).not.toContain('/verify');
  });

  it('does not offer to keep what went live and was not seen again', () => {
    const lost = { status: 'inconclusive' as const, reason, facts: {}, mutations: [] };
    const unseen = ended({ results: { prove: { status: 'inconclusive', reason }, 'observe-live': lost } });
    const open = standingsOf(unseen).map(({ live }) => live);
    expect([wentLive(unseen), open]).toEqual([true, ['unknown']]);
    expect(holdLines(unseen).join('\n')).not.toContain('/verify');
  });

  it('has delivered nothing when a rollback was begun and the candidate is still there', () => {
    expect(deliveredLines(run)).not.toEqual([]);
    const stuck = ended({
      results: { prove: { status: 'fail', reason }, rollback: { status: 'fail', reason } },
    });
    expect(standingsOf(stuck).map(({ live, rollback }) => [live, rollback?.status])).toEqual([
      ['candidate', 'fail'],
    ]);
    expect(deliveredLines(stuck)).toEqual([]);
  });

  it('says so too where the plan has a failure hold instead of going back', () => {
    const plan = referencePlan({ onFailureAfterPromote: 'hold' });
    const failed = ended({ plan, results: { prove: { status: 'fail', reason } } });
    expect(failed.rollback).toBeNull();
    expect(holdLines(failed).join('\n')).toContain('The plan says that a failure after promote holds');
  });
});

describe('a run that needs no decision', () => {
  it.each<[string, Scenario]>([
    ['passed', {}],
    ['was rolled back', { results: { prove: { status: 'fail', reason } } }],
    ['stopped before anything went live', { results: { test: { status: 'inconclusive', reason } } }],
    ['was a dry run', { mode: 'DRYRUN' }],
  ])('asks nobody: one that %s', (_name, scenario) => {
    const run = ended(scenario);
    expect([isHeld(run), holdLines(run)]).toEqual([false, []]);
    expect(JSON.stringify(finalMessage(run, nothingKnown)?.blocks)).not.toContain('A person must decide');
  });
});
