import { describe, expect, it } from 'vitest';
import { readRuling } from '../../src/slack/read-ruling.ts';

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
  ])('does not guess at “%s”', (typed) => {
    expect(readRuling(typed)).toBeNull();
  });
});
