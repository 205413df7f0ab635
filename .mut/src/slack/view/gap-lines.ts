// What a run did to the gaps of its lineage, and which are honestly still open.
import { type MatrixRow, matrixOf, openAmong, reopenedElsewhere } from '../../gaps/matrix.ts';
import type { GapRow } from '../../gaps/schema.ts';
import type { RunState } from '../../run/state.ts';
import { atMost } from './blocks.ts';
import { code, plain } from './escape.ts';
import { count } from './measures.ts';

/** mrkdwn, a line a gap: what this run opened, sharpened and closed. */
export function gapChangeLines(run: RunState): string[] {
  const lines = [
    ...matrixOf(run).flatMap(changeLines),
    ...reopenedElsewhere(run).flatMap(({ lineage, rows }) =>
      rows.flatMap(changeLines).map((line) => `${line}, of the lineage ${code(lineage)}`),
    ),
  ];
  return atMost(15, lines, 'all are in section 5 of the report');
}

function changeLines({ id, title, changes, note }: MatrixRow): string[] {
  const [first, last] = [changes.at(0), changes.at(-1)];
  const moved =
    first && last
      ? [
          `${last.to === 'closed' ? ':white_check_mark:' : '•'} *${plain(id)}* ${first.from === null ? last.to : `${first.from} → ${last.to}`}: ${plain(title)} (${plain(last.why)})`,
        ]
      : [];
  return note === null ? moved : [...moved, `:warning: *${plain(id)}* ${plain(note)}`];
}

/** mrkdwn, a line a gap that is not closed. */
export function openGapLines(rows: readonly GapRow[]): string[] {
  return openAmong(rows).map(
    ({ id, title, status, scope }) => `• *${plain(id)}* ${status}: ${plain(title)} (${plain(scope)})`,
  );
}

/** The matrix of a lineage: every gap with its status, what that rests on, and how often it has changed. */
export function gapMatrixLines(lineage: string, runs: number, rows: readonly GapRow[]): string[] {
  const closed = rows.length - openAmong(rows).length;
  return [
    `*Gaps of the lineage* ${code(lineage)} after ${count(runs, 'finished run')}: ${closed} of ${rows.length} closed`,
    ...rows.map(({ id, title, status, scope, evidence, history }) => {
      const last = history.at(-1);
      const grounds = evidence.length > 0 ? `\n> ${plain(evidence.join('; '))}` : '';
      const since = last ? `, since ${code(last.run)} at ${last.at}` : '';
      return `${status === 'closed' ? ':white_check_mark:' : ':small_orange_diamond:'} *${plain(id)}* ${status}: ${plain(title)} (${plain(scope)})${since}, ${count(history.length, 'change')}${grounds}`;
    }),
  ];
}
