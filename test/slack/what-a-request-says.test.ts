// What an approval request, and the messages after it, may not say wrongly: each row is a state and the words that are true of it.
import { describe, expect, it } from 'vitest';
import type { RunState } from '../../src/run/state.ts';
import { nothingKnown } from '../../src/slack/view/desired-message.ts';
import { messagesOf } from '../../src/slack/view/messages.ts';
import { factsOfGate, sha256 } from '../fixtures/run-facts.ts';
import { approver, examplePlan, RunTale, requester } from '../fixtures/slack-runs.ts';

const shown = (run: RunState, key: string) =>
  JSON.stringify(messagesOf(run, nothingKnown).find((each) => each.key === key)?.blocks ?? null);
const buttonsOf = (run: RunState, key: string) =>
  messagesOf(run, nothingKnown)
    .find((each) => each.key === key)
    ?.blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []));

const asked = (mode: 'LIVE' | 'DRYRUN' = 'LIVE') =>
  new RunTale('r-1', examplePlan(), 'deploy', mode).passBefore('promote').askApproval();
const drift = { name: 'live tree', before: 'as it was', after: 'as it is' };
const voided = () =>
  asked().tell({
    type: 'approval.voided',
    data: { digest: sha256('d1'), reason: { code: 'drift', text: 'It drifted.' }, drift: [drift] },
  });
/** The second request has a digest of its own. */
const askedAnew = () => {
  const first = voided();
  return first.tell({
    type: 'approval.requested',
    data: { digest: sha256('d2'), subject: {}, expiresAt: '2026-05-21T10:30:00.000Z' },
  });
};
const back = (facts: object, run = new RunTale('r-1', examplePlan(), 'rollback')) =>
  run
    .queue('rollback-readiness')
    .finish('rollback-readiness', { facts: facts as never })
    .askApproval();

describe('a request', () => {
  it.each<[string, RunState, string, string, string]>([
    [
      'of a live run says that it goes live',
      asked().state,
      'approval',
      'With the last consent this goes live',
      'A dry run',
    ],
    [
      'of a dry run says that nothing does',
      asked('DRYRUN').state,
      'approval',
      'A dry run: nothing goes live',
      'With the last consent',
    ],
    [
      'that is granted can be withdrawn',
      asked().vote().grant().state,
      'approval',
      'It can be',
      'Final since',
    ],
    [
      'that was used is final',
      asked()
        .vote()
        .grant()
        .tell({ type: 'point-of-no-return', data: { gate: 'promote', digest: sha256('d1') } }).state,
      'approval',
      'Final since 05:',
      'can be withdrawn',
    ],
    ['that is void says why', voided().state, 'approval', '*Void* at', 'React to'],
    [
      'made anew says what has changed since, in its order',
      askedAnew().state,
      'approval-2',
      '*live tree*: as it was → as it is',
      sha256('d1'),
    ],
    [
      'for a way back by which nothing is exchanged says so',
      back({ anchor: { path: '/srv/app', digest: sha256('0a') }, position: 'before', ofRun: 'r-0', why: 'w' })
        .state,
      'approval',
      'Nothing is exchanged: w',
      'Goes live again:',
    ],
    [
      'for a way back to nothing says that what is live is taken out',
      back({ anchor: null, position: 'done', ofRun: 'r-0', why: 'w' }).state,
      'approval',
      'Is absent again',
      'Goes live again:',
    ],
  ])('%s', (_, run, key, says, never) => {
    const text = shown(run, key);
    expect(text).toContain(says);
    expect(text).not.toContain(never);
  });

  it('that was made anew has buttons for its own digest, and the void one has none', () => {
    const run = askedAnew().state;
    const value = JSON.stringify({ run: 'r-1', digest: sha256('d2') });
    expect(buttonsOf(run, 'approval')).toEqual([]);
    expect(buttonsOf(run, 'approval-2')).toMatchObject([{ value }, { value }, { value }]);
  });

  it('says of its gates what was shown when it was asked, whatever has become of them', () => {
    const tale = asked();
    const before = shown(tale.state, 'approval');
    expect(before).toContain('*G5 stage* on the host: pass');
    tale
      .queue('stage', 2)
      .tell({ type: 'gate.abandoned', data: { gate: 'stage', attempt: 2, reason: drifted } });
    expect(shown(tale.state, 'approval')).toBe(before);
  });
});

const drifted = { code: 'drift', text: 'It drifted.' };

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
