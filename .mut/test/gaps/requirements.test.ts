import { describe, expect, it } from 'vitest';
import { requirementsOf } from '../../src/gaps/requirements.ts';
import type { RequiredRuling } from '../../src/gaps/schema.ts';
import { gapPlan } from '../fixtures/lineage-runs.ts';

const gap = (status: 'open' | 'closed' | 'partial' | 'sharpened') => ({
  id: 'GAP-7',
  title: 'The ruling',
  status,
});
const ruling = (decision: RequiredRuling['decision']): RequiredRuling => ({
  plan: 'o8b.retry',
  run: 'o8b-retry-abc123',
  decision,
  by: 'Rex',
  at: '2026-05-21T05:00:00.000Z',
  head: null,
});
const judge = (requires: object, facts: Parameters<typeof requirementsOf>[1]) =>
  requirementsOf(gapPlan([], { requires }), facts);

describe('a gap that a plan requires', () => {
  it('holds once it is closed, and at nothing less', () => {
    const judged = (status: Parameters<typeof gap>[0]) =>
      judge({ gaps: ['GAP-7'] }, { gaps: [gap(status)], rulings: [] })[0]?.holds;
    expect([judged('closed'), judged('partial'), judged('sharpened'), judged('open')]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it('does not hold when nobody has disclosed it, and says what is missing and the next move', () => {
    const [found] = judge({ gaps: ['GAP_7.b'] }, { gaps: [], rulings: [] });
    expect(found).toMatchObject({ id: 'requires-GAP-7-b', holds: false });
    expect(found?.actual).toContain('no finished run of the lineage iu-cutter has disclosed it');
    expect(found?.actual).toContain('/runs rule RUN accept --close GAP_7.b=WHY TEXT');
  });
});

describe('a ruling that a plan requires', () => {
  const judged = (needed: 'accepted' | 'accepted-with-conditions', decision: RequiredRuling['decision']) =>
    judge(
      { rulings: [{ plan: 'o8b.retry', decision: needed }] },
      { gaps: [], rulings: [ruling(decision)] },
    )[0];

  it('holds at that decision or a better one', () => {
    expect(judged('accepted', 'accepted')?.holds).toBe(true);
    expect(judged('accepted-with-conditions', 'accepted')?.holds).toBe(true);
    expect(judged('accepted-with-conditions', 'accepted-with-conditions')?.holds).toBe(true);
    for (const [needed, decision] of [
      ['accepted', 'accepted-with-conditions'],
      ['accepted', 'rejected'],
      ['accepted-with-conditions', 'rejected'],
      ['accepted-with-conditions', null],
    ] as const) {
      expect(judged(needed, decision)).toMatchObject({ id: 'ruling-o8b-retry', holds: false });
      expect(judged(needed, decision)?.actual).toContain('/runs rule o8b-retry-abc123');
    }
  });

  it('does not hold while no run of that plan has finished', () => {
    const [found] = judge({ rulings: [{ plan: 'o8b.retry' }] }, { gaps: [], rulings: [] });
    expect(found).toMatchObject({
      holds: false,
      actual: expect.stringContaining('no run of o8b.retry has finished'),
    });
  });
});
