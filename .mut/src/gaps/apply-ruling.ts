// How a reviewer's ruling changes gaps. Pure.
import { changed } from './change-row.ts';
import type { GapChange, GapRow, RuledGap, RulingDecision } from './schema.ts';
import { basisOf } from './take-out.ts';

export interface RulingStep {
  readonly kind: 'ruling';
  readonly run: string;
  readonly at: string;
  /** Who ruled, by name. */
  readonly by: string;
  readonly decision: RulingDecision;
  readonly gaps: readonly RuledGap[];
}

/**
 * A later ruling on the same run replaces an earlier one: what that one had changed, and nothing has changed since, goes back
 * unless the later one says it too. A gap that it had added stays. A rejection lowers nothing.
 */
export function applyRuling(rows: readonly GapRow[], step: RulingStep): GapRow[] {
  const ruledGaps = step.gaps.filter(
    ({ status }) => step.decision !== 'rejected' || status === 'open' || status === 'sharpened',
  );
  const known = rows.map((row) => {
    const ruled = ruledGaps.find(({ id }) => id === row.id);
    return ruled ? rule(row, ruled, step) : takeBack(row, step);
  });
  const added = ruledGaps.flatMap((ruled) =>
    rows.some(({ id }) => id === ruled.id) ? [] : add(ruled, step),
  );
  return [...known, ...added];
}

function add({ id, why, title, scope }: RuledGap, step: RulingStep): GapRow[] {
  if (title === undefined || scope === undefined) return [];
  const { run, at } = step;
  const change = {
    run,
    from: null,
    to: 'open',
    title,
    scope,
    by: 'ruling',
    why: say(why, step),
    at,
  } as const;
  return [changed({ id, history: [] }, { ...change, evidence: [] })];
}

function rule(row: GapRow, ruled: RuledGap, step: RulingStep): GapRow {
  const { status: to, why, title = row.title, scope = row.scope } = ruled;
  const isSame = title === row.title && scope === row.scope;
  if (row.status === to && isSame) return row;
  const before = isSame ? '' : `; before: ${row.title} (${row.scope})`;
  const text = `${say(why, step)}${before}`;
  const evidence = to === 'open' || to === 'sharpened' ? [] : [text];
  const { run, at } = step;
  return changed(row, { run, from: row.status, to, title, scope, by: 'ruling', why: text, evidence, at });
}

function say(why: string, { by, decision }: RulingStep): string {
  return `ruling of ${by} (${decision}): ${why}`;
}

function takeBack(row: GapRow, { run, at, by }: RulingStep): GapRow {
  const { history } = row;
  const isOfRulings = (change: GapChange) => change.by === 'ruling' && change.run === run;
  // What was rolled back in between stays so.
  const last = history.findLastIndex((change) => !isOfRulings(change) && change.by !== 'rollback');
  const [words, basis] = [history[last], basisOf(history, last + 1)];
  if (!words || !basis || !history.slice(last + 1).some(isOfRulings)) return row;
  const { title, scope } = words;
  if (basis.to === row.status && title === row.title && scope === row.scope) return row;
  const why = `${by} ruled anew, which took the earlier ruling on this gap back`;
  const change = { run, from: row.status, to: basis.to, title, scope, by: 'ruling', why, at } as const;
  return changed(row, { ...change, evidence: basis.evidence });
}
