import { describe, expect, it } from 'vitest';
import { readRuling } from '../../src/slack/read-ruling.ts';
import { readRulingView, rulingView } from '../../src/slack/view/ruling-modal.ts';
import { change, row } from '../fixtures/gap-rows.ts';
import { passedRun } from '../fixtures/slack-runs.ts';

const wish = { text: 'fine', conditions: [], gaps: [], nextPlan: null, via: 'command' };

describe('/runs rule', () => {
  it.each([
    ['r-1 accept fine', { ...wish, decision: 'accepted' }],
    ['r-1 reject fine', { ...wish, decision: 'rejected' }],
    ['r-1 conditions fine', { ...wish, decision: 'accepted-with-conditions', conditions: ['fine'] }],
    [
      'r-1 conditions --condition "one thing" --condition two fine',
      { ...wish, decision: 'accepted-with-conditions', conditions: ['one thing', 'two'] },
    ],
    [
      'r-1 accept --close GAP-7="the review of May" —partial F-1=half --next o8c fine',
      {
        ...wish,
        decision: 'accepted',
        gaps: [
          { id: 'GAP-7', status: 'closed', why: 'the review of May' },
          { id: 'F-1', status: 'partial', why: 'half' },
        ],
        nextPlan: 'o8c',
      },
    ],
    [
      'r-1 accept --close GAP-7=“a = b” it — holds --really',
      {
        ...wish,
        decision: 'accepted',
        text: 'it — holds --really',
        gaps: [{ id: 'GAP-7', status: 'closed', why: 'a = b' }],
      },
    ],
    [
      'r-1 reject --reopen F-1=wrong fine',
      { ...wish, decision: 'rejected', gaps: [{ id: 'F-1', status: 'open', why: 'wrong' }] },
    ],
    [
      'r-1 accept --add GAP-7=new --scope GAP-7=all fine',
      {
        ...wish,
        decision: 'accepted',
        gaps: [{ id: 'GAP-7', status: 'open', why: 'fine', title: 'new', scope: 'all' }],
      },
    ],
    ['r-1 accept', { ...wish, decision: 'accepted', text: '' }],
  ])('reads %s', (typed, expected) => {
    expect(readRuling(typed)).toEqual({ runId: 'r-1', wish: expected });
  });

  it.each([
    '',
    'r-1',
    'r-1 perhaps fine',
    'r-1 constructor fine',
    'r-1 accept --close GAP-7 fine',
    'r-1 accept --close GAP-7= fine',
    'r-1 accept --force fine',
    'r-1 accept --next',
    'r-1 accept --scope GAP-7=all fine',
    'r-1 accept --close GAP-7=done --scope GAP-7=all fine',
    'r-1 accept --add GAP-7=new --scope GAP-8=all fine',
  ])('does not guess at “%s”', (typed) => {
    expect(readRuling(typed)).toBeNull();
  });
});

describe('the form for a ruling', () => {
  const place = { run: 'r-1', channel: 'C0DEPLOYS', messageTs: '1.1' };

  it('offers the gaps that are not closed, and those of a live run alone', () => {
    const register = [
      { ...row(), id: 'OPEN-1' },
      { ...row(change('evidence', 'partial')), id: 'PARTLY-2' },
      { ...row(change('evidence', 'closed')), id: 'CLOSED-3' },
    ];
    const offered = (run = passedRun('r-1')) =>
      JSON.stringify(rulingView(run, register, place).blocks).match(/"value":"[A-Z]+-\d"/g);
    expect(offered()).toEqual(['"value":"OPEN-1"', '"value":"PARTLY-2"']);
    expect(offered({ ...passedRun('r-1'), mode: 'DRYRUN' })).toBeNull();
  });

  const filled = (decision: string | null) => ({
    private_metadata: JSON.stringify(place),
    state: {
      values: {
        decision: { decision: { selected_option: decision === null ? null : { value: decision } } },
        text: { text: { value: ' fine ' } },
        conditions: { conditions: { value: 'one\n \ntwo' } },
        closes: { closes: { selected_options: [{ value: 'GAP-7' }] } },
        why: { why: { value: 'seen' } },
        next: { next: { value: null } },
      },
    },
  });

  it('is read as it was filled in', () => {
    expect(readRulingView(filled('rejected'))).toEqual({
      place,
      wish: {
        ...{ decision: 'rejected', text: 'fine', conditions: ['one', 'two'], nextPlan: null, via: 'modal' },
        gaps: [{ id: 'GAP-7', status: 'closed', why: 'seen' }],
      },
    });
  });

  it('is not read where it holds no decision, another one, or another place', () => {
    for (const view of [
      filled(null),
      filled('perhaps'),
      { ...filled('accepted'), private_metadata: '{}' },
      { ...filled('accepted'), private_metadata: 'no JSON' },
    ])
      expect(readRulingView(view)).toBeNull();
  });
});
