import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matrixOf } from '../../src/gaps/matrix.ts';
import { registerOf, requiredRulingsOf } from '../../src/gaps/register.ts';
import type { GapRow } from '../../src/gaps/schema.ts';
import { type Contribution, contributionOf } from '../../src/gaps/steps.ts';
import { applyStep, type Step } from '../../src/gaps/transitions.ts';
import { gapStatuses } from '../../src/plan/schema-gaps.ts';
import { openLineages } from '../../src/run/lineages.ts';
import type { LedgerPort } from '../../src/run/ports.ts';
import type { RunState } from '../../src/run/state.ts';
import { byPrecheck, gapPlan, type ShortRun, shortRun, shortRunEvents } from '../fixtures/lineage-runs.ts';

const contribution = (run: ShortRun): Contribution => {
  const found = contributionOf(shortRun(run));
  if (!found) throw new Error(`expected ${run.runId} to have finished`);
  return found;
};
const statuses = (rows: readonly GapRow[]) => Object.fromEntries(rows.map(({ id, status }) => [id, status]));
const minute = 60_000;
const start = Date.parse('2026-05-21T05:00:00.000Z');

const gap = { id: 'GAP-1', title: 'Proven on a fake only', scope: 'an integration run' };

const ids = ['GAP-1', 'GAP-2', 'GAP-3'];
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('run' as const),
    run: fc.constantFrom('r1', 'r2', 'r3'),
    at: fc.constant('2026-05-21T05:00:00.000Z'),
    closesNothing: fc.constantFrom(null, null, 'not closed, since a DRYRUN closes nothing'),
    disclosures: fc.uniqueArray(
      fc.record({
        id: fc.constantFrom(...ids),
        title: fc.constantFrom('a', 'b'),
        scope: fc.constantFrom('x', 'y'),
        status: fc.constantFrom(...gapStatuses),
        closing: fc.option(
          fc.record({
            bearing: fc.constantFrom('supports' as const, 'contradicts' as const, 'silent' as const),
            texts: fc.constant(['what was found']),
          }),
        ),
        found: fc.constantFrom(undefined, undefined, [], ['what is missing']),
      }),
      { selector: ({ id }) => id },
    ),
    takesOut: fc.constantFrom(null, null, null, { runs: ['r1'], how: 'rolled-back' as const, rulings: true }),
  }),
  fc.record({
    kind: fc.constant('ruling' as const),
    run: fc.constantFrom('r1', 'r2', 'r3'),
    at: fc.constant('2026-05-21T06:00:00.000Z'),
    by: fc.constant('Rex'),
    decision: fc.constantFrom('accepted' as const, 'accepted-with-conditions' as const, 'rejected' as const),
    gaps: fc.uniqueArray(
      fc.record({
        id: fc.constantFrom(...ids),
        status: fc.constantFrom('open' as const, 'partial' as const, 'closed' as const),
        why: fc.constant('seen'),
      }),
      { selector: ({ id }) => id },
    ),
  }),
);

const afterEach = (
  steps: readonly Step[],
  look: (before: readonly GapRow[], after: readonly GapRow[], step: Step) => void,
) =>
  steps.reduce<readonly GapRow[]>((before, step) => {
    const { rows } = applyStep(before, step);
    look(before, rows, step);
    return rows;
  }, []);

describe('the register, whatever runs and reviewers say', () => {
  it('closes a gap, and lowers one that is known, by evidence or by a ruling alone', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 12 }), (steps) => {
        afterEach(steps, (before, after, step) => {
          for (const row of after) {
            const last = row.history.at(-1);
            if (row.status === 'closed') {
              expect(last?.by).not.toBe('disclosure');
              expect(row.evidence).not.toEqual([]);
            }
            const was = before.find(({ id }) => id === row.id);
            if (!was || was.status === row.status || !['partial', 'closed'].includes(row.status)) continue;
            if (was.status === 'closed') continue;
            if (step.kind === 'run') {
              expect(step.closesNothing).toBeNull();
              expect(step.disclosures.find(({ id }) => id === row.id)?.closing?.bearing).toBe('supports');
            } else if (last?.why.startsWith('ruling of')) {
              expect(step.decision).not.toBe('rejected');
              expect(step.gaps).toContainEqual(expect.objectContaining({ id: row.id, status: row.status }));
            } else expect(last?.why).toContain('took the earlier ruling on this gap back');
          }
        });
      }),
    );
  });

  it('loses nothing: no gap, no earlier change, no earlier word', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 12 }), (steps) => {
        afterEach(steps, (before, after) => {
          expect(after.slice(0, before.length).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
          for (const [index, was] of before.entries())
            expect(after[index]?.history.slice(0, was.history.length)).toEqual(was.history);
          for (const { history, status, title, scope, evidence } of after) {
            expect(history.map(({ from }) => from)).toEqual([
              null,
              ...history.slice(0, -1).map(({ to }) => to),
            ]);
            expect(history.at(-1)).toMatchObject({ to: status, title, scope, evidence });
          }
        });
      }),
    );
  });

  it('is what it was before a ruling, once a later one on the same run says nothing of gaps', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 8 }), anyStep, (steps, ruled) => {
        const before = steps.reduce<readonly GapRow[]>((rows, step) => applyStep(rows, step).rows, []);
        const ruling: Step = {
          kind: 'ruling',
          run: 'r9',
          at: '2026-05-21T07:00:00.000Z',
          by: 'Rex',
          decision: 'accepted',
          gaps: ruled.kind === 'ruling' ? ruled.gaps : [],
        };
        const once = applyStep(before, ruling).rows;
        const twice = applyStep(once, { ...ruling, decision: 'rejected', gaps: [] }).rows;
        expect(statuses(twice)).toEqual(statuses(before));
        expect(twice.map(({ evidence }) => evidence)).toEqual(before.map(({ evidence }) => evidence));
      }),
    );
  });
});

const anyRun = (
  at: number,
): fc.Arbitrary<Omit<ShortRun, 'runId' | 'plan'> & { gaps: unknown[]; lineage: string }> =>
  fc.record({
    at: fc.constant(at),
    lineage: fc.constantFrom('cutter', 'loom'),
    mode: fc.constantFrom('LIVE' as const, 'LIVE' as const, 'DRYRUN' as const),
    found: fc.constantFrom('pass' as const, 'fail' as const),
    verdict: fc.constantFrom('PASS' as const, 'PARTIAL' as const, 'FAILED' as const, 'BLOCKED' as const),
    gaps: fc.uniqueArray(
      fc.record({
        id: fc.constantFrom(...ids),
        title: fc.constantFrom('a', 'b'),
        scope: fc.constant('x'),
        status: fc.constantFrom(...gapStatuses),
        closes: fc.constantFrom([], byPrecheck.closes),
      }),
      { selector: ({ id }) => id, maxLength: 3 },
    ),
    rulings: fc.array(
      fc.record({
        afterMs: fc.integer({ min: 0, max: 5 * minute }),
        gaps: fc.constantFrom([], [{ id: 'GAP-1', status: 'closed' as const, why: 'seen' }]),
      }),
      { maxLength: 2 },
    ),
  });

const anyHistory = fc
  .tuple(...[0, 1, 2, 3, 4, 5].map((index) => anyRun(start + index * minute)))
  .map((runs) =>
    runs.map(
      ({ gaps, lineage, ...run }, index): ShortRun => ({
        ...run,
        runId: `${lineage}-${index}`,
        plan: gapPlan(gaps, { lineage, name: `plan-${index}` }),
      }),
    ),
  );

function ledgerWith(runs: readonly ShortRun[]): Pick<LedgerPort, 'read' | 'streams'> & { reads: string[] } {
  const reads: string[] = [];
  const events = new Map(runs.map((run) => [run.runId, shortRunEvents(run)]));
  return {
    reads,
    async read(stream) {
      reads.push(stream);
      return (events.get(stream) ?? []).map((event) => ({
        ...event,
        data: JSON.parse(JSON.stringify(event.data)),
        hash: `sha256:${'0'.repeat(64)}`,
      }));
    },
    streams: async () =>
      [...events].toReversed().map(([stream, all]) => ({ stream, head: { seq: all.length } })),
  };
}

describe('the register of a lineage, from its ledgers', () => {
  it('follows the order of endings and rulings, not that in which the ledgers are read', () => {
    fc.assert(
      fc.property(anyHistory, fc.func(fc.integer()), (runs, key) => {
        const contributions = runs.map(contribution);
        const shuffled = contributions.toSorted((a, b) => key(a.run) - key(b.run));
        for (const lineage of ['cutter', 'loom'])
          expect(registerOf(lineage, shuffled)).toEqual(registerOf(lineage, contributions));
      }),
      { numRuns: 50 },
    );
  });

  it('is not touched by the runs of another lineage', async () => {
    await fc.assert(
      fc.asyncProperty(anyHistory, async (runs) => {
        const all = await openLineages(ledgerWith(runs)).all();
        for (const lineage of ['cutter', 'loom']) {
          const own = runs.filter(({ plan }) => plan.lineage === lineage);
          const alone = await openLineages(ledgerWith(own)).all();
          expect(all.filter((each) => each.lineage === lineage)).toEqual(alone);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is the matrix of the last run, when that run carried in the register of all before it', async () => {
    await fc.assert(
      fc.asyncProperty(anyHistory, async (runs) => {
        const last = runs.at(-1);
        if (!last) return;
        // What is ruled after its end is for the next run.
        const before = runs.slice(0, -1).map((run) => ({ ...run, rulings: [] }));
        const { gaps } = await openLineages(ledgerWith(before)).carriedInto(last.plan);
        const ended: ShortRun = { ...last, carried: gaps, rulings: [] };
        const all = await openLineages(ledgerWith([...before, ended])).all();
        const rows = matrixOf(shortRun(ended)).map(({ carried, changes, note, ...row }) => row);
        expect(rows).toEqual(all.find(({ lineage }) => lineage === last.plan.lineage)?.gaps);
      }),
      { numRuns: 50 },
    );
  });

  it('reads a finished run once, and again only after a ruling', async () => {
    const plan = gapPlan([gap]);
    const [first, second] = [
      { runId: 'r1', plan },
      { runId: 'r2', plan, at: start + minute },
    ];
    const ledger = ledgerWith([first, second]);
    const lineages = openLineages(ledger);
    await lineages.all();
    await lineages.all();
    expect(ledger.reads.toSorted()).toEqual(['r1', 'r2']);
    const ruled = ledgerWith([
      { ...first, rulings: [{ gaps: [{ id: gap.id, status: 'closed', why: 'seen' }] }] },
      second,
    ]);
    Object.assign(ledger, { read: ruled.read, streams: ruled.streams });
    expect(statuses((await lineages.all())[0]?.gaps ?? [])).toEqual({ 'GAP-1': 'closed' });
    expect(ruled.reads).toEqual(['r1']);
  });

  it('has what both of two runs that were open together say, though neither knew of the other', () => {
    const plan = gapPlan([
      { ...gap, ...byPrecheck },
      { ...gap, id: 'GAP-2' },
    ]);
    const other = gapPlan([
      { ...gap, id: 'GAP-2', ...byPrecheck },
      { ...gap, id: 'GAP-3' },
    ]);
    const runs = [
      { runId: 'a', plan, found: 'pass' as const },
      { runId: 'b', plan: other, found: 'pass' as const, at: start + 500 },
    ];
    expect(statuses(registerOf('iu-cutter', runs.map(contribution)))).toEqual({
      'GAP-1': 'closed',
      'GAP-2': 'closed',
      'GAP-3': 'open',
    });
    // Each one's own report speaks of what it carried in.
    expect(statuses(matrixOf(shortRun(runs[1] as ShortRun)))).toEqual({ 'GAP-2': 'closed', 'GAP-3': 'open' });
  });
});

describe('a run', () => {
  const matrix = (run: Partial<ShortRun>): ReturnType<typeof matrixOf> =>
    matrixOf(shortRun({ runId: 'r1', plan: gapPlan([gap]), ...run }) as RunState);

  it.each(['closed', 'partial'] as const)(
    'whose plan merely says %s changes nothing, and its report says so',
    (status) => {
      const carried = matrix({}).map(({ carried: _, changes: __, note: ___, ...row }) => row);
      const [row] = matrix({ plan: gapPlan([{ ...gap, status }]), carried, found: 'pass' });
      expect(row).toMatchObject({
        status: 'open',
        changes: [],
        note: `declared ${status}, without evidence: stays open`,
      });
    },
  );

  it('that first discloses a gap as closed discloses an open one', () => {
    const [row] = matrix({ plan: gapPlan([{ ...gap, status: 'closed' }]) });
    expect(row).toMatchObject({
      status: 'open',
      carried: null,
      note: 'declared closed, without evidence: stays open',
    });
  });

  it('closes with evidence that supports it, and keeps its words', () => {
    const [row] = matrix({ plan: gapPlan([{ ...gap, ...byPrecheck }]), found: 'pass' });
    expect(row).toMatchObject({
      status: 'closed',
      evidence: ['check precheck/ready: it is ready (pass)'],
      note: null,
    });
  });

  it('makes it partial, never closed, where its plan says no more than that', () => {
    const carried = matrix({}).map(({ carried: _, changes: __, note: ___, ...row }) => row);
    const plan = gapPlan([{ ...gap, ...byPrecheck, status: 'partial' }]);
    const [row] = matrix({ plan, carried, found: 'pass' });
    expect(row).toMatchObject({
      status: 'partial',
      changes: [{ from: 'open', to: 'partial', by: 'evidence' }],
    });
  });

  it.each([
    ['a dry run', { mode: 'DRYRUN', found: 'pass', verdict: 'DRYRUN' }, 'a DRYRUN closes nothing'],
    ['a run that failed', { found: 'pass', verdict: 'FAILED' }, 'the run ended FAILED'],
    ['a run whose evidence contradicts it', { found: 'fail', verdict: 'PARTIAL' }, 'is fail; stays open'],
    ['a run that did not get to it', { verdict: 'PASS' }, 'was not decided'],
  ] as const)('closes nothing as %s, and says why', (_, change, words) => {
    const [row] = matrix({ plan: gapPlan([{ ...gap, ...byPrecheck }]), ...change });
    expect(row?.status).toBe('open');
    expect(row?.note).toContain(words);
  });

  it('sharpens a gap by other words, keeps the old ones, and opens one again that was closed', () => {
    const closed = matrix({ plan: gapPlan([{ ...gap, ...byPrecheck }]), found: 'pass' });
    const carried = closed.map(({ carried: _, changes: __, note: ___, ...row }) => row);
    const [row] = matrix({ plan: gapPlan([{ ...gap, title: 'Proven on one server only' }]), carried });
    expect(row).toMatchObject({
      status: 'sharpened',
      carried: 'closed',
      evidence: [],
      title: 'Proven on one server only',
    });
    expect(row?.changes[0]?.why).toContain('Proven on a fake only');
    expect(row?.history[0]?.title).toBe('Proven on a fake only');
  });

  it('that only looks or goes back leaves the register as it is', () => {
    const carried = matrix({}).map(({ carried: _, changes: __, note: ___, ...row }) => row);
    const renamed = gapPlan([
      { ...gap, title: 'an older name' },
      { ...gap, id: 'GAP-2' },
    ]);
    expect(statuses(matrix({ plan: renamed, operation: 'verify', carried }))).toEqual({ 'GAP-1': 'open' });
  });
});

describe('a ruling that a plan requires', () => {
  const needs = gapPlan([], { name: 'next', requires: { rulings: [{ plan: 'plan-a' }] } });
  const a = (run: Partial<ShortRun>) =>
    contribution({ runId: 'a1', plan: gapPlan([], { name: 'plan-a' }), ...run });

  it('is that of its last finished run; dry runs and looks in between do not count', () => {
    const ruled = a({
      rulings: [{ decision: 'rejected' }, { decision: 'accepted-with-conditions', conditions: ['soon'] }],
    });
    const dry = a({ runId: 'a2', at: start + minute, mode: 'DRYRUN', verdict: 'DRYRUN' });
    const look = a({ runId: 'a3', at: start + minute, operation: 'verify' });
    expect(requiredRulingsOf(needs, [look, dry, ruled])).toMatchObject([
      { plan: 'plan-a', run: 'a1', decision: 'accepted-with-conditions', by: 'Rex' },
    ]);
    const later = a({ runId: 'a4', at: start + minute });
    expect(requiredRulingsOf(needs, [later, ruled])).toMatchObject([{ run: 'a4', decision: null }]);
    expect(requiredRulingsOf(needs, [])).toMatchObject([{ run: null, decision: null }]);
  });
});
