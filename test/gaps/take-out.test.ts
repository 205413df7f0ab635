// What a tree that is taken out of service takes with it.
import { describe, expect, it } from 'vitest';
import { reopenedElsewhere } from '../../src/gaps/matrix.ts';
import { registerOf } from '../../src/gaps/register.ts';
import type { GapChange } from '../../src/gaps/schema.ts';
import { contributionOf } from '../../src/gaps/steps.ts';
import { restsOn, type TakesOut, takeOut } from '../../src/gaps/take-out.ts';
import { foldRun, type RunState } from '../../src/run/state.ts';
import { at, change, row } from '../fixtures/gap-rows.ts';
import { byPrecheck, gapPlan, shortRun } from '../fixtures/lineage-runs.ts';
import { eventsAtEnd, eventsAtSigning } from '../fixtures/run-events.ts';

const out = (more: Partial<TakesOut> = {}): TakesOut => ({
  ...{ runs: ['r8'], how: 'rolled-back', rulings: true, ...more },
});
const r8 = { run: 'r8' };
const evidence = change('evidence', 'closed', r8);
const ruled = change('ruling', 'closed', r8);
const back = change('rollback', 'open', { run: 'r9', of: 'r8' });
const taken = (changes: readonly GapChange[], takesOut: TakesOut | null) =>
  takeOut(row(...changes), { run: 'r10', at, takesOut });

describe('a tree that is taken out', () => {
  it.each<[string, GapChange[], boolean, boolean]>([
    ['evidence of it', [evidence], true, true],
    ['evidence of another', [change('evidence', 'closed')], false, false],
    ['a ruling on it that closes', [ruled], true, false],
    ['a ruling on it that makes it partial', [change('ruling', 'partial', r8)], true, false],
    ['a ruling on it that opens', [change('ruling', 'open', r8)], false, false],
    ['a ruling on it that sharpens', [change('ruling', 'sharpened', r8)], false, false],
    ['a finding of it', [change('finding', 'open', r8)], false, false],
    ['evidence that was taken back', [evidence, back], false, false],
    ['evidence that came after', [evidence, back, evidence], true, true],
    ['a ruling that was left when evidence was taken back', [ruled, back], true, false],
    ['a ruling that was taken back too', [ruled, { ...back, rulings: true }], false, false],
    ['evidence, when another run was taken back', [evidence, { ...back, of: 'r7' }], true, true],
  ])('takes %s, with rulings: %s', (_, changes, withRulings, without) => {
    const { history } = row(...changes);
    expect(restsOn({ history }, 'r8')).toBe(withRulings);
    expect(restsOn({ history }, 'r8', false)).toBe(without);
    expect(taken(changes, out()).row.history.length).toBe(history.length + Number(withRulings));
    const left = taken(changes, out({ rulings: false })).row.history;
    expect(left.length).toBe(history.length + Number(without));
  });

  const rolledBack = 'the tree of the run r8 was rolled back, so';
  const alone = 'its evidence does not count any more';
  it.each<[string, GapChange[], Partial<TakesOut>, string, true | undefined]>([
    ['evidence', [evidence], {}, `${rolledBack} ${alone}`, true],
    ['evidence, without rulings', [evidence], { rulings: false }, `${rolledBack} ${alone}`, undefined],
    ['a ruling', [ruled], {}, `${rolledBack} neither its evidence nor a ruling on it counts any more`, true],
    [
      'evidence, but not a ruling',
      [ruled, evidence],
      { rulings: false },
      `${rolledBack} ${alone}`,
      undefined,
    ],
    [
      'evidence beside a ruling on another',
      [change('ruling', 'partial'), evidence],
      {},
      `${rolledBack} ${alone}`,
      true,
    ],
    [
      'what is unknown',
      [evidence],
      { how: 'unknown' },
      `whether the tree of the run r8 is still live is not known, so ${alone}`,
      true,
    ],
  ])('says why %s goes', (_, changes, more, why, rulings) => {
    const last = taken(changes, out(more)).row.history.at(-1);
    expect(last).toMatchObject({ by: 'rollback', run: 'r10', of: 'r8', why });
    expect(last?.rulings).toBe(rulings);
  });

  it.each<[string, GapChange[], Partial<TakesOut> | null, boolean]>([
    ['a ruling that stays', [ruled], { rulings: false }, true],
    ['a ruling on another run', [change('ruling', 'closed', { run: 'r7' })], {}, false],
    ['a ruling that does not close', [change('ruling', 'partial', r8)], { rulings: false }, false],
    ['evidence of another run', [change('evidence', 'closed', { run: 'r7' })], {}, false],
    ['a ruling that went', [ruled], {}, false],
    ['anything where none is taken out', [ruled], null, false],
  ])('has a note of %s', (_, changes, more, isNoted) => {
    expect(taken(changes, more && out(more)).note !== null).toBe(isNoted);
  });

  it('goes back to what stands, with its evidence, also when several are taken out at once', () => {
    const changes = [
      change('evidence', 'partial', { run: 'r6', evidence: ['first'] }),
      change('evidence', 'partial', { run: 'r7', evidence: ['second'] }),
      evidence,
    ];
    expect(taken(changes, out()).row).toMatchObject({ status: 'partial', evidence: ['second'] });
    expect(taken(changes, out({ runs: ['r7', 'r8'] })).row).toMatchObject({ evidence: ['first'] });
    const all = taken(changes, out({ runs: ['r6', 'r7', 'r8'] })).row;
    expect(all).toMatchObject({ status: 'open', evidence: [] });
  });

  it('lowers nothing, also where a ruling on it had raised what another run closed', () => {
    const closed = change('evidence', 'closed', { run: 'r3', evidence: ['first'] });
    const raised = change('ruling', 'partial', { ...r8, from: 'closed', evidence: ['ruling'] });
    expect(taken([closed, raised], out()).row).toMatchObject({ status: 'partial', evidence: ['ruling'] });
    const both = taken([closed, raised], out({ runs: ['r8', 'r3'] })).row;
    expect(both).toMatchObject({ status: 'open', evidence: [] });
    expect(taken([raised, ruled], out()).row).toMatchObject({ status: 'open' });
  });
});

describe('a rollback that takes out what another lineage rests on', () => {
  it('opens the gaps that rest on it, tells those alone, and discloses none of its own there', () => {
    const other = { ...row(change('evidence', 'closed')), id: 'GAP-9' };
    const untouched = { ...row(change('evidence', 'closed', { run: 'r7' })), id: 'GAP-8' };
    const takesBack = {
      ...{ runs: ['r0'], rulings: true as const },
      elsewhere: [{ lineage: 'loom', gaps: [other, untouched] }],
    };
    const events = eventsAtEnd(eventsAtSigning({ operation: 'rollback', takesBack }));
    const seen = reopenedElsewhere(foldRun('r1', events));
    expect(seen.map(({ lineage }) => lineage)).toEqual(['loom']);
    expect(seen[0]?.rows).toHaveLength(1);
    expect(seen[0]?.rows[0]).toMatchObject({
      ...{ id: 'GAP-9', status: 'open', carried: 'closed', note: null },
      changes: [{ by: 'rollback', of: 'r0' }],
    });
  });

  it('opens them in the register of that lineage, and discloses nothing there', () => {
    const plan = gapPlan([{ id: 'GAP-9', title: 'a', scope: 'x', ...byPrecheck }], { lineage: 'loom' });
    const closing = shortRun({ runId: 'r0', plan, found: 'pass', at: Date.parse(at) });
    const takesBack = { runs: ['r0'], elsewhere: [], rulings: true as const };
    const back = foldRun('r1', eventsAtEnd(eventsAtSigning({ operation: 'rollback', takesBack })));
    const own = shortRun({ runId: 'r2', plan: gapPlan([{ id: 'GAP-7', title: 'b', scope: 'y' }]) });
    const loom = (...runs: RunState[]) =>
      registerOf(
        'loom',
        runs.flatMap((run) => contributionOf(run) ?? []),
      ).map(({ id, status }) => [id, status]);
    expect(loom(closing, own)).toEqual([['GAP-9', 'closed']]);
    expect(loom(closing, own, back)).toEqual([['GAP-9', 'open']]);
  });

  it('is none of a run that takes nothing back', () => {
    expect(reopenedElsewhere(shortRun({ runId: 'r1', plan: gapPlan([]) }))).toEqual([]);
  });
});
