// Which votes a sweep says anew, by the reactions that stand and by what the run knows: a table.
import { describe, expect, it } from 'vitest';
import type { Consent } from '../../src/run/approval-state.ts';
import { foldRun, type RunState } from '../../src/run/state.ts';
import { stancesOf, voteOfReaction } from '../../src/slack/read-reactions.ts';
import { isOpenApproval, missedVotes } from '../../src/slack/sweep-approvals.ts';
import { eventsAtSigning } from '../fixtures/run-events.ts';

const bot = 'U0BOT';
const at = '2026-05-21T05:30:00.000Z';
const events = eventsAtSigning();
const asked = events.findIndex(({ type }) => type === 'approval.requested');
const waiting = foldRun('r1', events.slice(0, asked + 1));

type LastVote = NonNullable<RunState['approval']>['lastVotes'][string];
const consent = (id: string, via: Consent['via'] = 'reaction'): Consent => ({
  ...{
    approver: { id, name: id },
    groups: ['SG_1'],
    votedAt: at,
    channel: 'C',
    messageTs: '1',
    via,
    factor: null,
  },
});
const said = (vote: LastVote['vote'], via: LastVote['via']): LastVote => ({
  vote,
  via,
  votedAt: at,
  factor: null,
});

function missed(
  known: { approvals?: Consent[]; lastVotes?: { [id: string]: LastVote }; rejectedBy?: string },
  approve: readonly string[],
  reject: readonly string[] = [],
) {
  const { approval } = waiting;
  if (!approval) throw new RangeError('expected a request');
  const rejectedBy = known.rejectedBy ? { id: known.rejectedBy, name: 'x' } : null;
  const stances = stancesOf([
    { name: 'white_check_mark', users: approve },
    { name: 'x', users: reject },
  ]);
  return missedVotes({ approval: { ...approval, ...known, rejectedBy } }, stances, bot).map(
    ({ voterId, vote }) => `${voterId} ${vote}`,
  );
}

describe('a sweep says', () => {
  it.each<[string, Parameters<typeof missed>, string[]]>([
    ['nothing where nothing stands', [{}, []], []],
    ['a consent that was missed', [{}, ['A']], ['A approve']],
    ['nothing that is known', [{ approvals: [consent('A')] }, ['A']], []],
    ['a withdrawal that was missed', [{ approvals: [consent('A')] }, []], ['A withdraw']],
    [
      'no withdrawal of a button, which leaves no reaction',
      [{ approvals: [consent('A', 'button')] }, []],
      [],
    ],
    ['a rejection that was missed, and no consent beside it', [{}, ['A'], ['A']], ['A reject']],
    [
      'a rejection before all else',
      [{ approvals: [consent('C')] }, ['B'], ['A']],
      ['A reject', 'C withdraw', 'B approve'],
    ],
    ['no rejection that is known', [{ rejectedBy: 'A' }, [], ['A']], []],
    [
      'no rejection that is on record beside that of another',
      [{ rejectedBy: 'B', lastVotes: { A: said('reject', 'reaction') } }, [], ['A', 'B']],
      [],
    ],
    ['nothing of the bot’s own reactions', [{}, [bot], [bot]], []],
    [
      'no consent that its giver took back by a button, though the reaction stands',
      [{ lastVotes: { A: said('withdraw', 'button') } }, ['A']],
      [],
    ],
    [
      'a consent again that its giver took back by a reaction, since it stands anew',
      [{ lastVotes: { A: said('withdraw', 'reaction') } }, ['A']],
      ['A approve'],
    ],
    [
      'a consent whose giver pressed a button before',
      [{ lastVotes: { A: said('approve', 'button') } }, ['A']],
      ['A approve'],
    ],
    [
      'of two people each for themselves',
      [{ approvals: [consent('A')] }, ['B']],
      ['A withdraw', 'B approve'],
    ],
  ])('%s', (_, given, expected) => {
    expect(missed(...given)).toEqual(expected);
  });

  it('nothing of a run that asks for nothing', () => {
    expect(missedVotes({ approval: null }, { approve: new Set(['A']), reject: new Set(['B']) }, bot)).toEqual(
      [],
    );
  });
});

describe('an approval is open to votes', () => {
  const end = { verdict: 'PASS', outcome: 'x', reason: null, at } as const;
  const of = (status: NonNullable<RunState['approval']>['status']): RunState => ({
    ...waiting,
    approval: waiting.approval && { ...waiting.approval, status },
  });
  it.each<[string, RunState, boolean]>([
    ['while it waits', waiting, true],
    ['while it is granted', of('granted'), true],
    ['not once it is void', of('voided'), false],
    ['not once it has expired', of('expired'), false],
    ['not once it is rejected', of('rejected'), false],
    ['not after the point of no return', { ...waiting, pointOfNoReturn: at }, false],
    [
      'not once the run is aborted',
      { ...waiting, aborted: { by: { id: 'A', name: 'A' }, reason: 'x' } },
      false,
    ],
    ['not once the run has ended', { ...waiting, finished: end }, false],
    ['not where none is asked for', { ...waiting, approval: null }, false],
  ])('%s', (_, run, isOpen) => {
    expect(isOpenApproval(run)).toBe(isOpen);
  });
});

describe('a reaction is', () => {
  it.each([
    ['white_check_mark', 'approve'],
    ['heavy_check_mark', 'approve'],
    ['white_check_mark::skin-tone-3', 'approve'],
    ['x', 'reject'],
    ['white_check_mark_blue', null],
    ['white_check_mark::skin-tone-9', null],
    ['ballot_box_with_check', null],
    ['X', null],
    ['+1', null],
    ['', null],
  ] as const)('%s: %s', (name, vote) => {
    expect(voteOfReaction(name)).toBe(vote);
  });
});
