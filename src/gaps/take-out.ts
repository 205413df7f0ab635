// What becomes of gaps when the tree of a run is taken out of service: evidence that was found on it counts no more, nor does a
// ruling on the run that lowered a gap. Pure.
import type { GapStatus } from '../plan/schema-gaps.ts';
import { changed } from './change-row.ts';
import type { GapChange, GapRow } from './schema.ts';

export interface TakesOut {
  /** Runs whose trees are not live any more. */
  readonly runs: readonly string[];
  /** `unknown`: whether they still are, nobody knows. */
  readonly how: 'rolled-back' | 'unknown';
  /** Whether rulings on those runs count no more either; they did, for rollbacks of earlier versions. */
  readonly rulings: boolean;
}

interface TakingRun {
  readonly run: string;
  readonly at: string;
  readonly takesOut: TakesOut | null;
}

/** The row as it is without the evidence of those runs, and the rulings on them. Where a ruling stays, the note says so. */
export function takeOut(
  before: GapRow,
  { run, at, takesOut }: TakingRun,
): { row: GapRow; note: string | null } {
  let row = before;
  for (const of of takesOut?.runs ?? [])
    if (restsOn(row, of, takesOut?.rulings)) row = without(row, of, { run, at, takesOut });
  const last = row.history.at(-1);
  const isRuled = row === before && row.status === 'closed' && last?.by === 'ruling';
  return {
    row,
    note:
      isRuled && takesOut?.runs.includes(last.run)
        ? `was closed by a ruling on the run ${last.run}, whose tree is live no more: it stays closed until a reviewer opens it again`
        : null,
  };
}

/** Whether evidence of this run, or a ruling on it that lowered the gap, was counted and still is. */
export function restsOn({ history }: Pick<GapRow, 'history'>, run: string, rulings = true): boolean {
  return history.some(
    (change, index) =>
      (change.by === 'evidence' || (rulings && isLowering(change))) &&
      change.run === run &&
      !isVoid(history, index),
  );
}

/** A ruling that opens or sharpens a gap says what is missing, and that is so whatever is live. */
function isLowering({ by, to }: GapChange): boolean {
  return by === 'ruling' && (to === 'closed' || to === 'partial');
}

/** Whether what this change rests on was taken out of service since. */
function isVoid(history: readonly GapChange[], index: number): boolean {
  const change = history[index];
  if (!change || (change.by !== 'evidence' && !isLowering(change))) return false;
  return history
    .slice(index + 1)
    .some(
      ({ by, of, rulings = false }) =>
        by === 'rollback' && of === change.run && (change.by === 'evidence' || rulings),
    );
}

/** The last change that a status can rest on, among the first `length` of them. */
export function basisOf(history: readonly GapChange[], length = history.length): GapChange | undefined {
  return history.findLast(({ by }, index) => index < length && by !== 'rollback' && !isVoid(history, index));
}

function without(row: GapRow, of: string, { run, at, takesOut }: TakingRun): GapRow {
  const { title, scope, status } = row;
  const isRuled =
    takesOut?.rulings === true && row.history.some((each) => isLowering(each) && each.run === of);
  const what = isRuled ? 'neither its evidence nor a ruling on it counts' : 'its evidence does not count';
  const why =
    takesOut?.how === 'unknown'
      ? `whether the tree of the run ${of} is still live is not known, so ${what} any more`
      : `the tree of the run ${of} was rolled back, so ${what} any more`;
  const change: GapChange = {
    ...{ run, of, from: status, to: status, title, scope, evidence: [], at },
    by: 'rollback',
    why,
    ...(takesOut?.rulings ? { rulings: true } : {}),
  };
  const basis = basisOf([...row.history, change]);
  if (!basis) return row;
  // A ruling that is void may have raised the gap over what another run had closed: nothing was learnt that lowers it.
  if (takesOut?.rulings && openness[basis.to] < openness[status])
    return changed(row, { ...change, evidence: row.evidence });
  return changed(row, { ...change, to: basis.to, evidence: basis.evidence });
}

const openness: Readonly<Record<GapStatus, number>> = { closed: 0, partial: 1, open: 2, sharpened: 2 };
