// How a gap's row changes: by what a finished run discloses, finds, evidences and takes back, and by rulings. Pure. No row and
// no change is ever taken out: what is taken back becomes one more change.
import type { GapStatus } from '../plan/schema-gaps.ts';
import { applyRuling, type RulingStep } from './apply-ruling.ts';
import { changed } from './change-row.ts';
import type { GapRow } from './schema.ts';
import { type TakesOut, takeOut } from './take-out.ts';

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
  /** What shows that there is this gap, where the plan discloses it only when it is found; undefined where it does so anyway. */
  readonly found?: readonly string[] | undefined;
}

export interface RunStep {
  readonly kind: 'run';
  readonly run: string;
  /** When the run decided on its gaps: before its report was written, so that the report can say it. */
  readonly at: string;
  /** Why this run closes nothing, whatever its evidence; null when it may. */
  readonly closesNothing: string | null;
  readonly disclosures: readonly Disclosure[];
  /** Runs whose trees it took out of service; null for none. */
  readonly takesOut: TakesOut | null;
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
  for (const row of step.takesOut ? before : []) {
    const { row: after, note } = takeOut(row, step);
    if (note) notes.set(row.id, note);
    rows.set(row.id, after);
  }
  for (const disclosure of step.disclosures) {
    const known = rows.get(disclosure.id);
    const disclosed = disclose(known, disclosure, step);
    if (!disclosed) continue;
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
  { id, title, scope, status, found }: Disclosure,
  step: RunStep,
): GapRow | undefined {
  const { run, at } = step;
  if (found) return found.length === 0 ? known : find(known, { id, title, scope, found }, step);
  const change = { run, title, scope, by: 'disclosure' as const, evidence: [], at };
  if (!known) {
    const to = status === 'closed' ? 'open' : status;
    return changed({ id, history: [] }, { ...change, from: null, to, why: 'first disclosed' });
  }
  if (known.title === title && known.scope === scope) return known;
  const why = `said more sharply; before: ${known.title} (${known.scope})`;
  return changed(known, { ...change, from: known.status, to: 'sharpened', why });
}

/** What a run finds is open, whatever it was called or had become before; the words that it had stay in its history. */
function find(
  known: GapRow | undefined,
  {
    id,
    title,
    scope,
    found,
  }: Pick<Disclosure, 'id' | 'title' | 'scope'> & { readonly found: readonly string[] },
  { run, at }: RunStep,
): GapRow {
  const why = `found by this run: ${found.join('; ')}`;
  const change = { run, title, scope, by: 'finding' as const, why, evidence: [], at };
  if (!known) return changed({ id, history: [] }, { ...change, from: null, to: 'open' });
  const isSame = known.title === title && known.scope === scope;
  if (isSame && (known.status === 'open' || known.status === 'sharpened')) return known;
  return isSame
    ? changed(known, { ...change, from: known.status, to: 'open' })
    : changed(known, {
        ...change,
        from: known.status,
        to: 'sharpened',
        why: `${why}; said more sharply, before: ${known.title} (${known.scope})`,
      });
}

/** Evidence moves a gap to `closed`, or as far as its plan says. */
function close(
  row: GapRow,
  { status, closing, found = [] }: Disclosure,
  { run, at, closesNothing }: RunStep,
): { row: GapRow; note?: string } {
  // What the run has found to be there, it has not closed.
  if (closing === null || found.length > 0) return { row };
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
function declaredOnly(row: GapRow, { status, found }: Disclosure): string | null {
  if (found) return null;
  return lowness[status] > lowness[row.status]
    ? `declared ${status}, without evidence: stays ${row.status}`
    : null;
}
