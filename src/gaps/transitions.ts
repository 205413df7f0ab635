// How a gap's row changes: by what a finished run discloses and evidences, and by rulings. Pure. No row and no change is ever
// taken out: what is taken back becomes one more change.
import type { GapStatus } from '../plan/schema-gaps.ts';
import type { GapChange, GapRow, RuledGap, RulingDecision } from './schema.ts';

/** What the references of one gap's `closes` say. */
export interface Closing {
  readonly bearing: 'supports' | 'contradicts' | 'silent';
  /** What supports it, or else what contradicts it or is missing. */
  readonly texts: readonly string[];
}

/** What one run says of one gap. */
export interface Disclosure {
  readonly id: string;
  readonly title: string;
  readonly scope: string;
  /** As the plan declares it. */
  readonly status: GapStatus;
  /** Null when the plan names no evidence for closing it. */
  readonly closing: Closing | null;
}

export interface RunStep {
  readonly kind: 'run';
  readonly run: string;
  /** When the run decided on its gaps: before its report was written, so that the report can say it. */
  readonly at: string;
  /** Why this run closes nothing, whatever its evidence; null when it may. */
  readonly closesNothing: string | null;
  readonly disclosures: readonly Disclosure[];
}

export interface RulingStep {
  readonly kind: 'ruling';
  readonly run: string;
  readonly at: string;
  /** Who ruled, by name. */
  readonly by: string;
  readonly decision: RulingDecision;
  readonly gaps: readonly RuledGap[];
}

export type Step = RunStep | RulingStep;

export interface Applied {
  readonly rows: readonly GapRow[];
  /** By gap: what was said of it and did not change it. */
  readonly notes: ReadonlyMap<string, string>;
}

export function applyStep(rows: readonly GapRow[], step: Step): Applied {
  return step.kind === 'run' ? applyRun(rows, step) : { rows: applyRuling(rows, step), notes: new Map() };
}

function applyRun(before: readonly GapRow[], step: RunStep): Applied {
  const notes = new Map<string, string>();
  // A map keeps the order of the first disclosures.
  const rows = new Map(before.map((row) => [row.id, row]));
  for (const disclosure of step.disclosures) {
    const disclosed = disclose(rows.get(disclosure.id), disclosure, step);
    const { row, note } = close(disclosed, disclosure, step);
    const said = note ?? declaredOnly(row, disclosure);
    if (said) notes.set(row.id, said);
    rows.set(row.id, row);
  }
  return { rows: [...rows.values()], notes };
}

/** The first disclosure makes the row; other words for a known gap sharpen it, also one that was closed. */
function disclose(
  known: GapRow | undefined,
  { id, title, scope, status }: Disclosure,
  { run, at }: RunStep,
): GapRow {
  const change = { run, title, scope, by: 'disclosure' as const, evidence: [], at };
  if (!known) {
    const to = status === 'closed' ? 'open' : status;
    return changed({ id, history: [] }, { ...change, from: null, to, why: 'first disclosed' });
  }
  if (known.title === title && known.scope === scope) return known;
  const why = `said more sharply; before: ${known.title} (${known.scope})`;
  return changed(known, { ...change, from: known.status, to: 'sharpened', why });
}

/** Evidence moves a gap to `closed`, or as far as its plan says. */
function close(
  row: GapRow,
  { status, closing }: Disclosure,
  { run, at, closesNothing }: RunStep,
): { row: GapRow; note?: string } {
  if (closing === null) return { row };
  const words = closing.texts.join('; ');
  if (row.status === 'closed')
    return closing.bearing === 'contradicts'
      ? { row, note: `closed before, and the evidence of this run contradicts that: ${words}` }
      : { row };
  if (closing.bearing !== 'supports')
    return { row, note: `not closed: ${words || 'nothing supports it'}; stays ${row.status}` };
  if (closesNothing) return { row, note: `${closesNothing}; stays ${row.status}` };
  const to = status === 'partial' ? 'partial' : 'closed';
  if (row.status === to) return { row };
  const { title, scope } = row;
  const evidence = [...closing.texts];
  return {
    row: changed(row, { run, from: row.status, to, title, scope, by: 'evidence', why: words, evidence, at }),
  };
}

const lowness: { readonly [S in GapStatus]: number } = { open: 0, sharpened: 0, partial: 1, closed: 2 };

/** A plan's word alone lowers nothing. */
function declaredOnly(row: GapRow, { status }: Disclosure): string | null {
  return lowness[status] > lowness[row.status]
    ? `declared ${status}, without evidence: stays ${row.status}`
    : null;
}

/**
 * A later ruling on the same run replaces an earlier one: what that one had changed, and nothing has changed since, goes back
 * unless the later one says it too. A rejection lowers nothing.
 */
function applyRuling(rows: readonly GapRow[], step: RulingStep): GapRow[] {
  return rows.map((row) => {
    const ruled = step.gaps.find(
      ({ id, status }) => id === row.id && (step.decision !== 'rejected' || status === 'open'),
    );
    return ruled ? rule(row, ruled, step) : takeBack(row, step);
  });
}

function rule(row: GapRow, { status: to, why }: RuledGap, { run, at, by, decision }: RulingStep): GapRow {
  if (row.status === to) return row;
  const { title, scope } = row;
  const text = `ruling of ${by} (${decision}): ${why}`;
  const evidence = to === 'open' ? [] : [text];
  return changed(row, { run, from: row.status, to, title, scope, by: 'ruling', why: text, evidence, at });
}

function takeBack(row: GapRow, { run, at, by }: RulingStep): GapRow {
  const isOfRulings = (change: GapChange) => change.by === 'ruling' && change.run === run;
  const last = row.history.findLastIndex((change) => !isOfRulings(change));
  const [before, first] = [row.history[last], row.history[last + 1]];
  if (!before || !first || before.to === row.status) return row;
  const { title, scope } = row;
  const why = `${by} ruled anew, which took the earlier ruling on this gap back`;
  return changed(row, {
    run,
    from: row.status,
    to: before.to,
    title,
    scope,
    by: 'ruling',
    why,
    evidence: before.evidence,
    at,
  });
}

function changed({ id, history }: Pick<GapRow, 'id' | 'history'>, change: GapChange): GapRow {
  const { title, scope, to, evidence } = change;
  return { id, title, status: to, scope, evidence, history: [...history, change] };
}
