import { type CutAction, type CutPlan, countRows } from './cut-plan.ts';

const ACTIONS: readonly CutAction[] = ['create', 'revise', 'keep', 'retire'];

/** A plan as text for people: one line a row, then the sum of each action and the digest to sign. */
export function renderPlan(plan: CutPlan): string {
  const width = Math.max(0, ...plan.rows.map((row) => row.address.length));
  const lines = plan.rows.map((row) =>
    [
      `${row.ordinal}`.padStart(4),
      row.action.padEnd(6),
      row.address.padEnd(width),
      (row.kind ?? '-').padEnd(9),
      `${row.size}`.padStart(5),
      row.digest.slice(0, 12),
    ].join('  '),
  );
  const sums = ACTIONS.map((action) => `${action} ${countRows(plan, action)}`).join(', ');
  return [`document ${plan.documentKey}`, ...lines, sums, `plan digest ${plan.digest}`, ''].join('\n');
}
