// The verdict of every pair of gates, written down: which of two statuses is the graver one, in a LIVE run and in a dry one.
import { describe, expect, it } from 'vitest';
import { concludeGate } from '../../src/gate/conclude.ts';
import { fitToHost } from '../../src/run/ending.ts';
import type { Check, GateStatus } from '../../src/run/gate-result.ts';
import { type JudgedGate, type Verdict, verdictOf } from '../../src/run/verdict.ts';

const statuses = ['pass', 'partial', 'not-run', 'blocked', 'inconclusive', 'fail'] as const;
const judged = (status: GateStatus, more: Partial<JudgedGate> = {}): JudgedGate => ({
  status,
  reason: status === 'pass' ? null : { code: status, text: `it is ${status}` },
  ...more,
});

/** Rows and columns in the order of `statuses`, of two required gates. */
const pairs: readonly (readonly Verdict[])[] = [
  ['PASS', 'PARTIAL', 'BLOCKED', 'BLOCKED', 'INCONCLUSIVE', 'FAILED'],
  ['PARTIAL', 'PARTIAL', 'BLOCKED', 'BLOCKED', 'INCONCLUSIVE', 'FAILED'],
  ['BLOCKED', 'BLOCKED', 'BLOCKED', 'BLOCKED', 'INCONCLUSIVE', 'FAILED'],
  ['BLOCKED', 'BLOCKED', 'BLOCKED', 'BLOCKED', 'INCONCLUSIVE', 'FAILED'],
  ['INCONCLUSIVE', 'INCONCLUSIVE', 'INCONCLUSIVE', 'INCONCLUSIVE', 'INCONCLUSIVE', 'FAILED'],
  ['FAILED', 'FAILED', 'FAILED', 'FAILED', 'FAILED', 'FAILED'],
];
const every = statuses.flatMap((a, row) =>
  statuses.map((b, column) => [a, b, pairs[row]?.[column]] as const),
);

describe('the verdict of two gates', () => {
  it.each(every)('%s and %s is %s', (a, b, expected) => {
    const { verdict, reason } = verdictOf('LIVE', [judged(a), judged(b)]);
    expect(verdict).toBe(expected);
    // The graver one gives the reason; blocked before not-run.
    const order = ['fail', 'inconclusive', 'blocked', 'not-run', 'partial'];
    const gravest = order.find((each) => each === a || each === b);
    expect(reason?.code).toBe(gravest);
  });

  it.each(every)('%s and %s, of which the first was simulated, is never a PASS', (a, b) => {
    const dry = judged(a, { reason: { code: 'dryrun', text: 'simulated' } });
    const expected = b === 'pass' ? 'DRYRUN' : pairs[0]?.[statuses.indexOf(b)];
    expect(verdictOf('DRYRUN', [dry, judged(b)]).verdict).toBe(expected);
  });

  it.each(statuses)('is PARTIAL at its best beside a supplementary one that is %s', (status) => {
    const extra = judged(status, { supplementary: true });
    const holds = status === 'pass' || status === 'not-run';
    expect(verdictOf('LIVE', [judged('pass'), extra]).verdict).toBe(holds ? 'PASS' : 'PARTIAL');
    expect(verdictOf('LIVE', [judged('fail'), extra]).verdict).toBe('FAILED');
    expect(verdictOf('LIVE', [extra]).verdict).toBe('INCONCLUSIVE');
  });

  it.each<[string, JudgedGate[], Verdict]>([
    ['a promote', [judged('pass', { kind: 'promote' })], 'INCONCLUSIVE'],
    [
      'a promote that came back',
      [judged('pass', { kind: 'promote' }), judged('pass', { kind: 'rollback' })],
      'BLOCKED',
    ],
    [
      'two promotes of which one came back',
      [
        judged('pass', { kind: 'promote' }),
        judged('pass', { kind: 'promote' }),
        judged('pass', { kind: 'rollback' }),
      ],
      'INCONCLUSIVE',
    ],
    ['a way back alone', [judged('pass', { kind: 'rollback' })], 'BLOCKED'],
    ['no promote', [judged('pass', { kind: 'stage' })], 'BLOCKED'],
  ])('of a gate that is blocked after %s', (_, before, expected) => {
    for (const status of ['blocked', 'not-run'] as const)
      expect(verdictOf('LIVE', [...before, judged(status)]).verdict).toBe(expected);
  });
});

describe('the status of a gate with two criteria', () => {
  const criteria = ['pass', 'partial', 'blocked', 'inconclusive', 'fail'] as const;
  const check = (status: Check['status']): Check => ({
    ...{ id: status, title: `one that is ${status}`, status, actual: 'seen', evidence: [] },
  });
  it.each(criteria.flatMap((a) => criteria.map((b) => [a, b] as const)))('%s and %s', (a, b) => {
    const order = ['fail', 'inconclusive', 'blocked', 'partial', 'pass'];
    const gravest = order.find((each) => each === a || each === b);
    const { status, reason } = concludeGate([check(a), check(b)]);
    expect(status).toBe(gravest);
    expect(reason?.code).toBe(gravest === 'pass' ? undefined : gravest);
  });
});

describe('the verdict over what was seen live', () => {
  const lives = ['anchor', 'candidate', 'neither', 'not-known'] as const;
  /** For `lives` in their order: whether the verdict may stand. */
  const table: [Verdict, 'deploy' | 'rollback', goesBack: boolean, promotes: boolean, string][] = [
    ['PASS', 'deploy', true, true, 'nynn'],
    ['PARTIAL', 'deploy', true, true, 'nynn'],
    ['PASS', 'deploy', true, false, 'ynnn'],
    ['PASS', 'rollback', true, true, 'ynnn'],
    ['FAILED', 'deploy', true, true, 'ynnn'],
    ['FAILED', 'deploy', false, true, 'yynn'],
    ['FAILED', 'deploy', false, false, 'ynnn'],
    ['FAILED', 'rollback', false, true, 'ynnn'],
    ['BLOCKED', 'deploy', false, true, 'ynnn'],
    ['BLOCKED', 'rollback', false, true, 'yynn'],
    ['INCONCLUSIVE', 'deploy', true, true, 'yyyy'],
    ['DRYRUN', 'deploy', true, true, 'yyyy'],
  ];
  const reason = { code: 'x', text: 'y' };
  it.each(table)(
    '%s of a %s (goes back %s, promotes %s)',
    (verdict, operation, goesBack, promotes, stands) => {
      for (const [at, live] of lives.entries()) {
        const seen = [{ host: 'h', livePath: '/l', live, at: '2026-05-21T05:30:00.000Z', promotes }];
        const ending = fitToHost({ verdict, reason }, { operation, wentBack: false, goesBack, seen });
        expect(ending.verdict, live).toBe(stands[at] === 'y' ? verdict : 'INCONCLUSIVE');
        if (stands[at] === 'n')
          expect(ending.reason?.code).toBe(live === 'not-known' ? 'live-not-known' : 'live-does-not-fit');
        else expect(ending.reason).toEqual(reason);
      }
    },
  );

  it('is FAILED, not BLOCKED, where something was taken back, and stays where nobody has looked', () => {
    const anchor = [{ host: 'h', livePath: '/l', live: 'anchor' as const, at: 'x', promotes: true }];
    const on = { operation: 'deploy', wentBack: true, goesBack: true, seen: anchor } as const;
    expect(fitToHost({ verdict: 'BLOCKED', reason }, on).verdict).toBe('FAILED');
    expect(fitToHost({ verdict: 'BLOCKED', reason }, { ...on, operation: 'rollback' }).verdict).toBe(
      'BLOCKED',
    );
    expect(fitToHost({ verdict: 'BLOCKED', reason }, { ...on, seen: [] }).verdict).toBe('BLOCKED');
  });
});
