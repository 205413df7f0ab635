// What a run gives to the register of its lineage, and what of that is counted and required.
import { describe, expect, it } from 'vitest';
import { foundBy } from '../../src/gaps/found-by.ts';
import { openAmong } from '../../src/gaps/matrix.ts';
import { registerOf } from '../../src/gaps/register.ts';
import { requiredOf, requirementsOf } from '../../src/gaps/requirements.ts';
import { contributionOf, runStep } from '../../src/gaps/steps.ts';
import { foldRun, type RunState } from '../../src/run/state.ts';
import { at, row, words } from '../fixtures/gap-rows.ts';
import { byPrecheck, gapPlan, type ShortRun, shortRun, shortRunEvents } from '../fixtures/lineage-runs.ts';

const short = (more: Partial<ShortRun>): RunState =>
  shortRun({ runId: 'r1', plan: gapPlan([{ id: 'GAP-1', ...words }]), ...more });

describe('what a run gives to the register', () => {
  const events = shortRunEvents({ runId: 'r1', plan: gapPlan([]) });

  it('is nothing while it goes on', () => {
    expect(contributionOf(foldRun('r1', events.slice(0, -1)))).toBeNull();
    expect(contributionOf(foldRun('r1', events))).not.toBeNull();
  });

  it('was decided when the report was queued, or else at its end, or else when it was asked for', () => {
    const [asked, queued, ended] = events.map((event) => event.at);
    const decided = (...kept: number[]) =>
      runStep(
        foldRun(
          'r1',
          kept.flatMap((index) => events[index] ?? []),
        ),
      ).at;
    expect([decided(0, 1, 2), decided(0, 2), decided(0)]).toEqual([queued, ended, asked]);
  });

  it.each([
    ['deploy', 'LIVE', true],
    ['deploy', 'DRYRUN', false],
    ['verify', 'LIVE', false],
    ['rollback', 'LIVE', false],
  ] as const)('is what a ruling on its plan is about, as %s %s: %s', (operation, mode, isRuledOn) => {
    expect(contributionOf(short({ operation, mode }))?.isRuledOn).toBe(isRuledOn);
  });

  it('has its last ruling, and none where nobody ruled', () => {
    expect(contributionOf(short({}))?.ruling).toBeNull();
    const rulings = [{ decision: 'rejected' as const }, { decision: 'accepted' as const }];
    expect(contributionOf(short({ rulings }))).toMatchObject({
      ruling: { decision: 'accepted', by: 'Rex', head: null },
      steps: [{ kind: 'run' }, { decision: 'rejected', run: 'r1' }, { decision: 'accepted', by: 'Rex' }],
    });
  });

  it.each([
    ['LIVE', 'PASS', null],
    ['LIVE', 'PARTIAL', null],
    ['LIVE', 'FAILED', 'not closed, since the run ended FAILED'],
    ['LIVE', 'BLOCKED', 'not closed, since the run ended BLOCKED'],
    ['DRYRUN', 'PASS', 'not closed, since a DRYRUN closes nothing'],
  ] as const)('of %s %s closes nothing because: %s', (mode, verdict, closesNothing) => {
    expect(runStep(short({ mode, verdict })).closesNothing).toBe(closesNothing);
  });

  it.each([
    ['fail', ['check precheck/ready: it is ready (fail) is fail']],
    ['partial', ['check precheck/ready: it is ready (fail) is partial']],
    ['blocked', ['check precheck/ready: it is ready (fail) is blocked']],
    ['inconclusive', []],
    ['pass', []],
  ] as const)('finds a gap by a check that is %s', (status, expected) => {
    const run = short({ found: 'fail' });
    Object.assign(run.gates[0]?.result?.checks[0] ?? {}, { status });
    expect(foundBy({ check: 'precheck/ready' }, run)).toEqual(expected);
  });

  it.each([
    { check: 'precheck/other' },
    { check: 'other/ready' },
    { check: 'report/ready' },
    { proof: 'none' },
    { construction: 'it is so' },
  ])('finds nothing by %j, which is not there or does not contradict', (ref) => {
    expect(foundBy(ref, short({ found: 'fail' }))).toEqual([]);
  });

  const closing = (run: RunState) => runStep(run).disclosures[0]?.closing;
  const closedBy = (...closes: object[]) => gapPlan([{ id: 'GAP-1', ...words, closes }]);

  it('says of `closes` what contradicts before what is silent, and that before what supports', () => {
    const [made, check] = [{ construction: 'made so' }, { check: 'precheck/ready' }];
    const plan = closedBy(made, { proof: 'none' }, check);
    expect(closing(short({ plan, found: 'fail' }))).toEqual({
      bearing: 'contradicts',
      texts: ['check precheck/ready: it is ready (fail) is fail'],
    });
    expect(closing(short({ plan, found: 'pass' }))).toMatchObject({
      bearing: 'silent',
      texts: [expect.stringContaining('proof none')],
    });
    expect(closing(short({ plan: closedBy(made, check), found: 'pass' }))).toEqual({
      bearing: 'supports',
      texts: ['construction: made so', 'check precheck/ready: it is ready (pass)'],
    });
    expect(closing(short({ plan: closedBy(), found: 'pass' }))).toBeNull();
  });

  it.each([
    ['partial', 'GAP-1', 'contradicts'],
    ['partial', 'GAP-2', 'supports'],
    ['fail', 'GAP-1', 'supports'],
  ])('weighs a check of its own that is %s as a part of %s: %s', (status, gap, bearing) => {
    const run = short({ plan: closedBy(...byPrecheck.closes), found: 'pass' });
    const checks = run.gates[0]?.result?.checks ?? [];
    Object.assign(checks, { 1: { ...checks[0], id: 'half', title: 'all of it', status, gap } });
    const said = closing(run);
    expect(said?.bearing).toBe(bearing);
    if (bearing === 'contradicts')
      expect(said?.texts).toEqual(['precheck/half all of it: does not hold, as a part of this gap']);
  });
});

describe('the order of the register', () => {
  it.each([
    ['a1', 'b1', 1_000, 'b'],
    ['b1', 'a1', 1_000, 'b'],
    ['a1', 'b1', 0, 'b'],
    ['b1', 'a1', 0, 'a'],
  ])('of %s and %s, %d ms later, is that of their ends, then of their names', (first, second, ms, title) => {
    const of = (runId: string, after: number, said: string) => {
      const plan = gapPlan([{ id: 'GAP-1', scope: 'x', title: said }]);
      return contributionOf(shortRun({ runId, at: Date.parse(at) + after, plan })) ?? [];
    };
    const all = [of(first, 0, 'a'), of(second, ms, 'b')].flat();
    for (const given of [all, all.toReversed()])
      expect(registerOf('iu-cutter', given)).toMatchObject([{ title, status: 'sharpened' }]);
  });
});

describe('gaps that are counted or required', () => {
  const rows = (['open', 'partial', 'closed', 'sharpened'] as const).map((status, index) => ({
    ...{ ...row(), id: `GAP-${index}`, status },
  }));

  it('are open as long as they are not closed', () => {
    expect(openAmong(rows).map(({ status }) => status)).toEqual(['open', 'partial', 'sharpened']);
  });

  it('are those alone that the plan requires, without their history', () => {
    const plan = gapPlan([], { requires: { gaps: ['GAP-2'] } });
    expect(requiredOf(short({ plan, carried: rows }))).toEqual({
      gaps: [{ id: 'GAP-2', title: 'a', status: 'closed' }],
      rulings: [],
    });
  });

  it('say what is there, and the next move where they are not closed', () => {
    const plan = gapPlan([], { requires: { gaps: ['GAP-2'] } });
    const said = (gaps: readonly (typeof rows)[number][]) =>
      requirementsOf(plan, { gaps, rulings: [] })[0]?.actual;
    expect(said(rows)).toBe('closed (a)');
    expect(said([{ ...row(), id: 'GAP-2', status: 'partial' }])).toMatch(
      /^partial \(a\)\. .*--close GAP-2=WHY TEXT.*\/runs gaps iu-cutter/,
    );
  });
});

describe('a ruling that is required', () => {
  const ruled = { plan: 'plan-a', run: 'a1', decision: 'rejected', by: 'Rex', at, head: null } as const;
  const conditions = 'accepted-with-conditions';

  it.each([
    ['accepted', { ...ruled, decision: 'accepted' }, `the run a1 was accepted by Rex at ${at}`],
    ['accepted', { ...ruled, decision: 'accepted', by: null, at: null }, 'by somebody at an unknown time'],
    ['accepted', ruled, '(/runs rule a1 accept TEXT)'],
    [conditions, ruled, '(/runs rule a1 accept|conditions TEXT)'],
    ['accepted', { ...ruled, run: null }, 'no run of plan-a has finished'],
    ['accepted', { ...ruled, decision: null }, 'nobody has ruled on the run a1'],
    ['accepted', { ...ruled, plan: 'plan-b', decision: 'accepted' }, 'no run of plan-a has finished'],
  ] as const)('as %s says of %j: %s', (decision, ruling, said) => {
    const plan = gapPlan([], { requires: { rulings: [{ plan: 'plan-a', decision }] } });
    const [found] = requirementsOf(plan, { gaps: [], rulings: [ruling] });
    expect(found?.actual).toContain(said);
    expect(found?.actual.includes('start this plan anew')).toBe(
      !found?.holds && ruling.run !== null && ruling.plan === 'plan-a',
    );
    expect(found?.expected.includes('conditions')).toBe(decision === conditions);
  });
});
