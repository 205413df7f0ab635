// Single steps on single rows: what becomes of a gap, and what is said of it.
import { describe, expect, it } from 'vitest';
import type { GapChange, GapRow, RuledGap } from '../../src/gaps/schema.ts';
import type { TakesOut } from '../../src/gaps/take-out.ts';
import { applyStep, type Disclosure, type RunStep, type Step } from '../../src/gaps/transitions.ts';
import type { GapStatus } from '../../src/plan/schema-gaps.ts';
import { at, change, row, words } from '../fixtures/gap-rows.ts';

const run = (disclosure: Partial<Disclosure> | null, more: Partial<RunStep> = {}): RunStep => ({
  ...{ kind: 'run', run: 'r1', at, closesNothing: null, takesOut: null },
  disclosures: disclosure ? [{ id: 'GAP-1', ...words, status: 'open', closing: null, ...disclosure }] : [],
  ...more,
});
const ruling = (gaps: readonly RuledGap[], decision: 'accepted' | 'rejected' = 'accepted'): Step => ({
  ...{ kind: 'ruling', run: 'r1', at, by: 'Rex', decision, gaps },
});
function after(rows: readonly GapRow[], step: Step) {
  const applied = applyStep(rows, step);
  return { ...applied.rows[0], count: applied.rows.length, note: applied.notes.get('GAP-1') };
}

describe('what a run says of a gap', () => {
  const supports = { bearing: 'supports', texts: ['one', 'two'] } as const;
  const contradicts = { bearing: 'contradicts', texts: ['one', 'two'] } as const;
  const silent = { bearing: 'silent', texts: [] } as const;
  const open = row();
  const closed = row(change('evidence', 'closed'));
  const partial = row(change('evidence', 'partial'));
  const sharpened = row(change('ruling', 'sharpened'));

  it.each<[string, GapRow, Partial<Disclosure>, GapStatus, number, string | undefined]>([
    ['closes it with evidence', open, { closing: supports }, 'closed', 1, undefined],
    ['closes what was partial', partial, { closing: supports }, 'closed', 1, undefined],
    ['adds nothing to what is closed', closed, { closing: supports }, 'closed', 0, undefined],
    [
      'adds nothing where it is partial',
      partial,
      { closing: supports, status: 'partial' },
      'partial',
      0,
      undefined,
    ],
    [
      'notes evidence against what is closed',
      closed,
      { closing: contradicts },
      'closed',
      0,
      'closed before, and the evidence of this run contradicts that: one; two',
    ],
    ['says nothing of silence on what is closed', closed, { closing: silent }, 'closed', 0, undefined],
    ['says what contradicts', open, { closing: contradicts }, 'open', 0, 'not closed: one; two; stays open'],
    [
      'says that nothing supports it',
      partial,
      { closing: silent },
      'partial',
      0,
      'not closed: nothing supports it; stays partial',
    ],
    [
      'declares closed',
      sharpened,
      { status: 'closed' },
      'sharpened',
      0,
      'declared closed, without evidence: stays sharpened',
    ],
    [
      'declares partial',
      open,
      { status: 'partial' },
      'open',
      0,
      'declared partial, without evidence: stays open',
    ],
    [
      'declares closed what is partial',
      partial,
      { status: 'closed' },
      'partial',
      0,
      'declared closed, without evidence: stays partial',
    ],
    ['declares open what is partial', partial, { status: 'open' }, 'partial', 0, undefined],
    ['declares sharpened what is open', open, { status: 'sharpened' }, 'open', 0, undefined],
    ['sharpens by another title alone', open, { title: 'b' }, 'sharpened', 1, undefined],
    ['sharpens by another scope alone', open, { scope: 'y' }, 'sharpened', 1, undefined],
    ['finds it again', closed, { found: ['seen'] }, 'open', 1, undefined],
    ['finds what is open', open, { found: ['seen'] }, 'open', 0, undefined],
    ['finds what is sharpened', sharpened, { found: ['seen'] }, 'sharpened', 0, undefined],
    ['finds it by another scope', open, { found: ['seen'], scope: 'y' }, 'sharpened', 1, undefined],
    ['finds it by another title', open, { found: ['seen'], title: 'b' }, 'sharpened', 1, undefined],
    ['finds nothing, though it says so', open, { found: [], status: 'closed' }, 'open', 0, undefined],
    ['finds nothing, and closes it', open, { found: [], closing: supports }, 'closed', 1, undefined],
  ])('%s', (_, before, disclosure, status, changes, note) => {
    const result = after([before], run(disclosure));
    expect(result).toMatchObject({ status, note, count: 1 });
    expect(result.history).toHaveLength(before.history.length + changes);
    expect(result.history?.at(-1)?.to).toBe(status);
  });

  it('keeps each text of the evidence, and joins them to say why', () => {
    expect(after([open], run({ closing: supports }))).toMatchObject({
      evidence: ['one', 'two'],
      history: [{}, { by: 'evidence', from: 'open', why: 'one; two', run: 'r1' }],
    });
  });

  it('says what it has found, joined, and the words of before only where they differ', () => {
    const found = ['one', 'two'];
    const why = 'found by this run: one; two';
    expect(after([closed], run({ found })).history?.at(-1)?.why).toBe(why);
    expect(after([closed], run({ found, title: 'b' }))).toMatchObject({
      title: 'b',
      evidence: [],
      history: [{}, {}, { by: 'finding', why: `${why}; said more sharply, before: a (x)` }],
    });
    expect(after([], run({ found }))).toMatchObject({
      count: 1,
      evidence: [],
      history: [{ by: 'finding', from: null, to: 'open', why }],
    });
  });

  it.each([
    ['open', 'open'],
    ['sharpened', 'sharpened'],
    ['partial', 'partial'],
    ['closed', 'open'],
  ] as const)('first disclosed as %s is %s', (status, to) => {
    expect(after([], run({ status }))).toMatchObject({
      status: to,
      evidence: [],
      history: [{ from: null, to, by: 'disclosure', why: 'first disclosed', evidence: [] }],
    });
  });

  it('closes nothing where it may not, and says why', () => {
    const step = run({ closing: supports }, { closesNothing: 'not closed, since' });
    expect(after([open], step)).toMatchObject({ status: 'open', note: 'not closed, since; stays open' });
  });

  it('notes what it leaves of a tree that it takes out, unless it says more itself', () => {
    const takesOut: TakesOut = { runs: ['r8'], how: 'rolled-back', rulings: false };
    const byRuling = row(change('ruling', 'closed', { run: 'r8' }));
    expect(after([byRuling], run(null, { takesOut })).note).toContain('closed by a ruling on the run r8');
    expect(after([byRuling], run({ closing: contradicts }, { takesOut })).note).toContain('contradicts that');
  });
});

describe('what a ruling says of a gap', () => {
  const gap = (status: RuledGap['status'], more: Partial<RuledGap> = {}): RuledGap => ({
    ...{ id: 'GAP-1', status, why: 'said', ...more },
  });
  const said = 'ruling of Rex (accepted): said';
  const why = `${said}; before: a (x)`;

  it.each<[RuledGap, Partial<GapChange>]>([
    [gap('closed'), { from: 'open', to: 'closed', why: said, evidence: [said], ...words }],
    [gap('partial'), { to: 'partial', evidence: [said] }],
    [gap('sharpened', { title: 'b' }), { to: 'sharpened', title: 'b', scope: 'x', evidence: [], why }],
    [gap('sharpened', { scope: 'y' }), { to: 'sharpened', title: 'a', scope: 'y', evidence: [], why }],
    [gap('open', { title: 'b' }), { to: 'open', title: 'b', evidence: [] }],
  ])('is one more change: %j', (ruled, expected) => {
    const { history, evidence } = after([row()], ruling([ruled]));
    expect(history).toHaveLength(2);
    expect(history?.[1]).toMatchObject({ by: 'ruling', run: 'r1', ...expected });
    expect(evidence).toEqual(history?.[1]?.evidence);
  });

  it('changes nothing where it is so already', () => {
    expect(after([row()], ruling([gap('open')])).history).toHaveLength(1);
    expect(after([row(change('evidence', 'closed'))], ruling([gap('closed')])).history).toHaveLength(2);
  });

  it.each([
    ['open', 3],
    ['sharpened', 3],
    ['partial', 2],
    ['closed', 2],
  ] as const)('of a rejection counts where it lowers nothing: %s', (status, length) => {
    const before = row(change('evidence', status === 'closed' ? 'partial' : 'closed'));
    expect(after([before], ruling([gap(status)], 'rejected')).history).toHaveLength(length);
  });

  it('adds a gap only with words and a scope, and as an open one', () => {
    for (const more of [{}, { title: 'b' }, { scope: 'y' }])
      expect(after([], ruling([gap('open', more)])).count).toBe(0);
    expect(after([], ruling([gap('open', { title: 'b', scope: 'y' })]))).toMatchObject({
      ...{ count: 1, title: 'b', scope: 'y', status: 'open', evidence: [] },
      history: [{ from: null, by: 'ruling', why: said, evidence: [] }],
    });
  });

  it('leaves rows alone of which it says nothing', () => {
    const { rows } = applyStep([row(), { ...row(), id: 'GAP-2' }], ruling([gap('closed')]));
    expect(rows.map(({ status }) => status)).toEqual(['closed', 'open']);
  });

  const r1 = { run: 'r1' };
  const closing = change('ruling', 'closed', r1);
  const opening = change('ruling', 'open', r1);
  const proof = change('evidence', 'closed', { evidence: ['proof'] });
  it.each<[string, GapChange[], Partial<GapRow>, number]>([
    ['goes back', [closing], { status: 'open', evidence: [] }, 1],
    ['goes back in words alone', [change('ruling', 'open', { ...r1, title: 'b' })], { title: 'a' }, 1],
    ['goes back in scope alone', [change('ruling', 'open', { ...r1, scope: 'y' })], { scope: 'x' }, 1],
    ['goes back to evidence', [proof, opening], { status: 'closed', evidence: ['proof'] }, 1],
    ['stays, of another run', [change('ruling', 'closed', { run: 'r2' })], { status: 'closed' }, 0],
    ['stays, by evidence of that run', [change('evidence', 'closed', r1)], { status: 'closed' }, 0],
    [
      'stays, once something else has changed it',
      [closing, change('finding', 'open')],
      { status: 'open' },
      0,
    ],
    ['stays, where nothing of it is left', [closing, opening], { status: 'open' }, 0],
  ])('an earlier one on the same run %s', (_, changes, expected, more) => {
    const before = row(...changes);
    const result = after([before], ruling([]));
    expect(result).toMatchObject(expected);
    expect(result.history).toHaveLength(before.history.length + more);
    if (more) expect(result.history?.at(-1)).toMatchObject({ by: 'ruling', run: 'r1', from: before.status });
  });

  it('keeps a gap that an earlier one on the same run had added', () => {
    const added = applyStep([], ruling([gap('open', words)])).rows;
    expect(applyStep(added, ruling([])).rows).toEqual(added);
  });
});
