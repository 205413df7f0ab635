// Section 5: the gap matrix of the lineage as it stands after this run, and what this run did to it. Pure.
import { type MatrixRow, matrixOf, openAmong, reopenedElsewhere } from '../../gaps/matrix.ts';
import type { GapRow } from '../../gaps/schema.ts';
import type { RunState } from '../../run/state.ts';
import { code, counted, prose, table } from '../markdown.ts';

export function describeGaps(run: RunState): string {
  const rows = matrixOf(run);
  const { lineage } = run.plan;
  const others = elsewhere(run);
  if (rows.length === 0)
    return [`Neither the plan nor the lineage ${code(lineage)} discloses any.`, ...others].join('\n\n');
  const open = openAmong(rows).length;
  return [
    `The lineage ${code(lineage)} after this run: ${open} of ${counted(rows.length, 'gap')} not closed. It rests on what the run carried in when it was asked for; what other runs and rulings have said since is in the next one.`,
    gapTable(rows),
    '**What this run did to it.**',
    changed(rows),
    '**How each came to be what it is.**',
    historyTable(rows),
    ...others,
  ].join('\n\n');
}

/** What this run did to the gaps of other lineages, by taking back what their runs had delivered. */
function elsewhere(run: RunState): string[] {
  return reopenedElsewhere(run).flatMap(({ lineage, rows }) =>
    rows.length === 0
      ? []
      : [`**What this run did to gaps of the lineage ${code(lineage)}.**`, changed(rows)],
  );
}

/** The matrix: the same wherever the same register is shown. */
export function gapTable(rows: readonly GapRow[]): string {
  return table(
    ['Gap', 'What is missing', 'Status', 'Meant to be closed by', 'Rests on'],
    rows.map(({ id, title, status, scope, evidence }) => [
      code(id),
      prose(title),
      status,
      prose(scope),
      evidence.map(prose).join('; '),
    ]),
  );
}

/** Every change of every gap, the oldest first. */
export function historyTable(rows: readonly GapRow[]): string {
  return table(
    ['Gap', 'At', 'Run', 'From', 'To', 'By', 'Why'],
    rows.flatMap(({ id, history }) =>
      history.map(({ at, run, from, to, by, why }) => [
        code(id),
        at,
        code(run),
        from ?? '',
        to,
        by,
        prose(why),
      ]),
    ),
  );
}

function changed(rows: readonly MatrixRow[]): string {
  const lines = rows.flatMap(({ id, changes, note }) => [
    ...changes.map(
      ({ from, to, why }) => `- ${code(id)} ${from === null ? to : `${from} → ${to}`}: ${prose(why)}`,
    ),
    ...(note === null ? [] : [`- ${code(id)} ${prose(note)}`]),
  ]);
  return lines.length > 0 ? lines.join('\n') : 'Nothing: all of them stand as they were carried in.';
}
