// Gaps whose evidence was found on a tree that is live no more, and gaps that a run or a reviewer finds.
import { describe, expect, it } from 'vitest';
import { gapReview } from '../../jobs/gap-review.ts';
import { matrixIfPassed, matrixOf } from '../../src/gaps/matrix.ts';
import { registerOf } from '../../src/gaps/register.ts';
import type { GapRow } from '../../src/gaps/schema.ts';
import { contributionOf } from '../../src/gaps/steps.ts';
import type { GateContext } from '../../src/gate/context.ts';
import { createRecorder } from '../../src/gate/recorder.ts';
import type { Json } from '../../src/plan/schema-scalars.ts';
import { concludeRun } from '../../src/report/conclude-run.ts';
import { renderDocuments } from '../../src/report/documents.ts';
import { describeGaps } from '../../src/report/final/describe-gaps.ts';
import { judgeRuling, type RulingWish } from '../../src/run/judge-ruling.ts';
import { foldRun, type RunState } from '../../src/run/state.ts';
import { readRuling } from '../../src/slack/read-ruling.ts';
import { gapChangeLines } from '../../src/slack/view/gap-lines.ts';
import { byPrecheck, gapPlan, reviewer, shortRun } from '../fixtures/lineage-runs.ts';
import { referenceFacts } from '../fixtures/reference-facts.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';
import { eventsAtEnd, eventsAtSigning, type Scenario, stateAtSigning } from '../fixtures/run-events.ts';

const subjectFacts: { [gate: string]: Json } = JSON.parse(JSON.stringify(referenceFacts));
const start = Date.parse('2026-05-21T05:00:00.000Z');
const gap = { id: 'GAP-1', title: 'Proven on a fake only', scope: 'an integration run' };
const plan = gapPlan([{ ...gap, ...byPrecheck }]);
const closedBy = (runId: string, more: object = {}) =>
  shortRun({ runId, plan, found: 'pass', at: start, ...more });
const rowsOf = (run: RunState): GapRow[] =>
  matrixOf(run).map(({ carried: _, changes: __, note: ___, ...row }) => row);
const lineage = 'iu-cutter';
function register(...runs: RunState[]): readonly GapRow[] {
  return registerOf(
    lineage,
    runs.flatMap((run) => contributionOf(run) ?? []),
  );
}
const short = (rows: readonly GapRow[]) =>
  rows.map(({ id, status, history }) => `${id} ${status} ${history.map(({ by }) => by).join(' ')}`);

/** `/rollback r0`, as the real `decide` plays it. */
function rollback(more: Scenario = {}): RunState {
  const scenario: Scenario = {
    operation: 'rollback',
    subjectFacts,
    takesBack: { runs: ['r0'], elsewhere: [], rulings: true },
    plan: referencePlan({ gaps: [] }),
    ...more,
  };
  return foldRun('r1', eventsAtEnd(eventsAtSigning(scenario)));
}

describe('a gap that a run had closed', () => {
  const carried = rowsOf(closedBy('r0'));

  it('is open again once that run is rolled back, in the register and in the matrix of the rollback alike', () => {
    const back = rollback({ carried });
    expect(back.finished?.verdict).toBe('PASS');
    expect(short(register(closedBy('r0'), back))).toEqual(['GAP-1 open disclosure evidence rollback']);
    expect(rowsOf(back)).toEqual(
      register(closedBy('r0'), back).map((row) => ({
        ...row,
        history: row.history.map((each, at) => (at < 2 ? each : { ...each, at: expect.any(String) })),
      })),
    );
    expect(gapChangeLines(back).join()).toContain('closed → open');
    expect(describeGaps(back)).toContain('the tree of the run r0 was rolled back');
  });

  it('is so too where nobody knows what the rollback left live', () => {
    const reason = { code: 'connection-lost', text: 'the connection was lost' };
    const unseen = { status: 'inconclusive' as const, reason, facts: {}, mutations: [] };
    const back = rollback({
      carried,
      results: { rollback: unseen, 'observe-live': unseen },
    });
    expect(matrixOf(back)).toMatchObject([
      { status: 'open', changes: [{ why: expect.stringContaining('is not known') }] },
    ]);
    // Where somebody has looked, what was seen decides.
    expect(matrixOf(rollback({ carried, results: { rollback: unseen } }))).toMatchObject([
      { status: 'closed' },
    ]);
  });

  it('stays closed when the rollback did not come to it, was a rehearsal, or took back another run', () => {
    const reason = { code: 'anchor', text: 'the anchor is gone' };
    expect(matrixOf(rollback({ carried, votes: [] }))).toMatchObject([{ status: 'closed' }]);
    expect(matrixOf(rollback({ carried, mode: 'DRYRUN' }))).toMatchObject([{ status: 'closed' }]);
    expect(
      matrixOf(
        rollback({ carried, results: { 'rollback-readiness': { status: 'blocked', reason, facts: {} } } }),
      ),
    ).toMatchObject([{ status: 'closed' }]);
    expect(matrixOf(rollback({ carried, takesBack: { runs: ['r7'], elsewhere: [] } }))).toMatchObject([
      { status: 'closed' },
    ]);
  });

  it('goes back to what earlier evidence of another run had made of it', () => {
    const partly = gapPlan([{ ...gap, ...byPrecheck, status: 'partial' }]);
    const first = shortRun({ runId: 'r-first', plan: partly, found: 'pass', at: start - 60_000 });
    const known = shortRun({ runId: 'r-known', plan: gapPlan([gap]), at: start - 120_000 });
    const both = [known, first, closedBy('r0')];
    expect(short(register(...both))).toEqual(['GAP-1 closed disclosure evidence evidence']);
    const after = register(...both, rollback({ carried: [...register(...both)] }));
    expect(after).toMatchObject([
      { status: 'partial', evidence: ['check precheck/ready: it is ready (pass)'] },
    ]);
  });

  it('is closed by the next run that has evidence, and by that one alone', () => {
    const back = rollback({ carried });
    const again = shortRun({ runId: 'r2', plan, found: 'pass', at: start + 3_600_000 });
    expect(short(register(closedBy('r0'), back, again))).toEqual([
      'GAP-1 closed disclosure evidence rollback evidence',
    ]);
    const without = shortRun({ runId: 'r2', plan: gapPlan([gap]), at: start + 3_600_000 });
    expect(register(closedBy('r0'), back, without)).toMatchObject([{ status: 'open' }]);
  });

  it('is opened in ledgers of before too, which did not pin whom a rollback takes back', () => {
    const { takesBack: _, ...old } = rollback({ carried });
    expect(register(closedBy('r0'), old)).toMatchObject([{ status: 'open' }]);
    // What such a run has signed stays as it was signed.
    expect(matrixOf(old)).toMatchObject([{ status: 'closed', changes: [] }]);
  });
});

describe('a ruling and a rollback', () => {
  const ruled = (gaps: object[], ...more: object[]) =>
    shortRun({ runId: 'r0', plan, found: 'pass', at: start, rulings: [{ gaps }, ...more] as never });

  const open = gapPlan([gap]);
  const closing = { gaps: [{ id: 'GAP-1', status: 'closed', why: 'seen' }] };
  const run = (...more: object[]) =>
    shortRun({ runId: 'r0', plan: open, at: start, rulings: [closing, ...more] as never });

  it('a gap that a ruling on that run closed is open again, and the rollback says so', () => {
    const back = rollback({ carried: [...register(run())] });
    expect(matrixOf(back)).toMatchObject([
      { status: 'open', note: null, changes: [{ by: 'rollback', of: 'r0', rulings: true }] },
    ]);
    expect(gapChangeLines(back).join()).toContain('neither its evidence nor a ruling on it counts');
    expect(short(register(run(), back))).toEqual(['GAP-1 open disclosure ruling rollback']);
  });

  it('a ruling on another run, one that opens, and one that is given after the rollback stay', () => {
    const other = shortRun({
      ...{ runId: 'r-other', plan: open, at: start - 60_000 },
      rulings: [closing] as never,
    });
    expect(matrixOf(rollback({ carried: [...register(other)] }))).toMatchObject([{ status: 'closed' }]);
    const opening = ruled([{ id: 'GAP-1', status: 'open', why: 'it is not' }]);
    expect(matrixOf(rollback({ carried: [...register(opening)] }))).toMatchObject([
      { status: 'open', history: [{}, {}, { by: 'ruling' }, { by: 'rollback' }] },
    ]);
    const back = rollback({ carried: [...register(run())] });
    const anew = run({ ...closing, afterMs: 3_600_000 });
    expect(short(register(anew, back))).toEqual(['GAP-1 closed disclosure ruling rollback ruling']);
  });

  it('a rollback of an earlier version stays as it was signed; the register goes by what is live', () => {
    const carried = [...register(run())];
    const back = rollback({ carried, takesBack: { runs: ['r0'], elsewhere: [] } });
    expect(matrixOf(back)).toMatchObject([
      { status: 'closed', note: expect.stringContaining('until a reviewer opens it again') },
    ]);
    expect(gapChangeLines(back).join()).toContain('closed by a ruling on the run r0');
    expect(register(run(), back)).toMatchObject([{ status: 'open' }]);
  });

  it('replacing a ruling does not bring back evidence that was rolled back from', () => {
    const partly = ruled([{ id: 'GAP-1', status: 'partial', why: 'not all' }]);
    const back = rollback({ carried: [...register(partly)] });
    expect(register(partly, back)).toMatchObject([{ status: 'open' }]);
    const replaced = ruled([{ id: 'GAP-1', status: 'partial', why: 'not all' }], {
      gaps: [],
      afterMs: 3_600_000,
    });
    expect(register(replaced, back)).toMatchObject([{ status: 'open' }]);
    expect(register(replaced)).toMatchObject([{ status: 'closed' }]);
  });
});

describe('a gap review', () => {
  const review = {
    id: 'G9',
    kind: 'gap-review',
    title: 'gaps',
    supplementary: true,
    with: { mustBeClosed: ['GAP-1'] },
  };
  const planned = (gates: readonly object[]) =>
    referencePlan({
      gates: [...gates.slice(0, -1), review, ...gates.slice(-1)],
      gaps: [{ ...gap, closes: [{ check: 'promote/holds' }] }],
      outcomes: { pass: 'A', partial: 'P', blocked: 'B', failed: 'C', inconclusive: 'D' },
    });
  async function reviewed(run: RunState) {
    const record = createRecorder((text) => text);
    const gate = run.gates.find((each) => each.gate.kind === 'gap-review')?.gate;
    await gapReview.run({
      record,
      gate,
      job: { plan: run.plan },
      control: { run: async () => run },
    } as unknown as GateContext);
    return record.checks[0]?.status;
  }
  const until = (scenario: Scenario) => {
    const events = eventsAtSigning(scenario);
    const at = events.findIndex(({ type, data }) => type === 'gate.finished' && data.gate === 'gap-review');
    return foldRun('r1', events.slice(0, at));
  };

  it('passes on evidence of a run that may still pass', async () => {
    expect(await reviewed(until({ plan: planned(referencePlan().gates) }))).toBe('pass');
  });

  it('does not, once the run was stopped and its tree went back by itself', async () => {
    const failed = { status: 'fail', reason: { code: 'suite', text: 'it fails' } } as const;
    const run = until({ plan: planned(referencePlan().gates), results: { prove: failed } });
    expect(run.gates.find(({ gate }) => gate.kind === 'rollback')?.status).toBe('pass');
    expect(matrixIfPassed(run)).toMatchObject([{ status: 'open' }]);
    expect(await reviewed(run)).toBe('fail');
  });

  it('of a plan that is a rollback does not pass on what that plan takes back, before nor after', () => {
    const carried = rowsOf(closedBy('r0'));
    const events = eventsAtSigning({
      operation: 'rollback',
      subjectFacts,
      takesBack: { runs: ['r0'], elsewhere: [] },
      plan: referencePlan({ gaps: [] }),
      carried,
    });
    for (const length of [1, events.length])
      expect(matrixIfPassed(foldRun('r1', events.slice(0, length)))).toMatchObject([{ status: 'open' }]);
  });

  it('is counted in the roll-up as the matrix is, however the run ended', () => {
    for (const results of [
      {},
      { 'rollback-readiness': { status: 'fail', reason: { code: 'x', text: 'no' } } as const },
    ]) {
      const facts = { gaps: [{ ...gap, status: 'closed, if this run ends PASS or PARTIAL' }] };
      const run = stateAtSigning({
        plan: planned(referencePlan().gates),
        results: { ...results, 'gap-review': { facts } },
      });
      const open = matrixOf(run).filter(({ status }) => status !== 'closed').length;
      const final = renderDocuments(run).at(-1)?.markdown ?? '';
      expect(final).toMatch(new RegExp(`G9 gaps \\| pass \\| ${open} of 1 gap not closed`));
      expect(final).toContain(`${open} of 1 gap not closed. It rests on`);
      expect(concludeRun(run).verdict).toBe(open === 0 ? 'PASS' : 'FAILED');
    }
  });
});

describe('a gap that a run finds', () => {
  const finding = { ...gap, title: 'Log rotation is missing', opens: [{ check: 'precheck/ready' }] };
  const found = (result: 'pass' | 'fail', more: object = {}) =>
    shortRun({ runId: 'r5', plan: gapPlan([finding]), found: result, verdict: 'FAILED', ...more });

  it('is a new row with id, words and scope, and is none where it was not found', () => {
    expect(matrixOf(found('fail'))).toMatchObject([
      {
        id: 'GAP-1',
        status: 'open',
        title: 'Log rotation is missing',
        scope: 'an integration run',
        changes: [
          {
            by: 'finding',
            from: null,
            why: 'found by this run: check precheck/ready: it is ready (fail) is fail',
          },
        ],
      },
    ]);
    expect(matrixOf(found('pass'))).toEqual([]);
  });

  it('sharpens one that is known, keeping its words, and opens one that was closed', () => {
    const carried = rowsOf(closedBy('r0'));
    const [row] = matrixOf(found('fail', { carried }));
    expect(row).toMatchObject({ status: 'sharpened', title: 'Log rotation is missing', carried: 'closed' });
    expect(row?.history[0]?.title).toBe('Proven on a fake only');
    expect(row?.changes[0]?.why).toContain('before: Proven on a fake only');
    expect(matrixOf(found('pass', { carried }))).toMatchObject([{ status: 'closed', changes: [] }]);
    const same = gapPlan([{ ...finding, title: gap.title }]);
    expect(matrixOf(found('fail', { carried, plan: same }))).toMatchObject([
      { status: 'open', changes: [{ by: 'finding' }] },
    ]);
  });

  it('is found again after it was closed by the same run’s own evidence for something else', () => {
    const both = gapPlan([{ ...finding, ...byPrecheck }]);
    expect(matrixOf(found('fail', { plan: both }))).toMatchObject([{ status: 'open' }]);
  });
});

describe('a gap that a reviewer finds', () => {
  const run = shortRun({ runId: 'r0', plan: gapPlan([gap]), at: start });
  const withReport: RunState = {
    ...run,
    subjectFacts: {
      report: { documents: [], bundle: { name: 'b', digest: `sha256:${'0'.repeat(64)}` } } as never,
    },
  };
  const typed = (text: string): RulingWish => {
    const read = readRuling(`r0 ${text}`);
    if (!read) throw new Error(`expected ${text} to be understood`);
    return read.wish;
  };
  const judged = (text: string) => judgeRuling(withReport, typed(text), reviewer, register(run));
  const after = (...texts: string[]) =>
    register(
      shortRun({
        runId: 'r0',
        plan: gapPlan([gap]),
        at: start,
        rulings: texts.map((text) => {
          const { decision, gaps, conditions, text: said } = typed(text);
          return { decision, gaps: [...gaps], conditions: [...conditions], text: said };
        }),
      }),
    );

  it('is added with id, words and scope, or said more sharply with its old words kept', () => {
    const text =
      'accept --add F-9="No log rotation" --scope F-9="provisioning" --sharpen GAP-1="Proven on one server only" seen on the host';
    expect(judged(text)).toMatchObject({ refusal: null, events: [{ type: 'run.ruled' }] });
    const [known, added] = after(text);
    expect(known).toMatchObject({
      status: 'sharpened',
      title: 'Proven on one server only',
      scope: gap.scope,
    });
    expect(known?.history.map(({ title }) => title)).toEqual([gap.title, 'Proven on one server only']);
    expect(added).toMatchObject({
      id: 'F-9',
      status: 'open',
      title: 'No log rotation',
      scope: 'provisioning',
      history: [{ by: 'ruling', from: null, why: 'ruling of Rex (accepted): seen on the host' }],
    });
  });

  it('is added by a rejection too, and stays when a later ruling does not say it; sharper words go back', () => {
    const texts = [
      'reject --add F-9=Nothing --scope F-9=us no',
      'accept --sharpen GAP-1=Sharper yes',
      'accept fine',
    ];
    expect(judged(texts[0] ?? '')).toMatchObject({ refusal: null });
    expect(after(...texts)).toMatchObject([
      { id: 'GAP-1', status: 'open', title: gap.title },
      { id: 'F-9', status: 'open' },
    ]);
  });

  it.each([
    ['accept --add F-9=Words fine', 'no-scope'],
    ['accept --add GAP-1=Words --scope GAP-1=us fine', 'known-gap'],
    ['accept --sharpen F-9=Words fine', 'unknown-gap'],
    ['accept --add "F 9=Words" --scope "F 9=us" fine', 'gap-words'],
    ['accept --add F-9=a --scope F-9=us --add F-9=b fine', 'gap-twice'],
  ])('is refused as %s', (text, code) => {
    expect(judged(text).refusal?.code).toBe(code);
  });

  it('needs words that can be read', () => {
    for (const text of ['accept --add F-9 fine', 'accept --scope F-9=us fine', 'accept --add F-9= fine'])
      expect(readRuling(`r0 ${text}`)).toBeNull();
  });
});
