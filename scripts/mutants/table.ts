// What came of the mutants, a line an area. Pure.
import type { Tried, Verdict } from './play.ts';

const columns = [
  'caught',
  'not noticed',
  'edit no longer fits',
  'tests fail without it',
  'not tried',
] as const;

export function tableOf(tried: readonly Tried[]): string {
  const areas = Map.groupBy(tried, ({ mutant }) => mutant.area);
  const count = (of: readonly Tried[], verdict: Verdict) =>
    of.filter((each) => each.verdict === verdict).length;
  const row = (name: string, of: readonly Tried[]) => [
    name,
    String(of.length),
    ...columns.map((verdict) => String(count(of, verdict))),
  ];
  const rows = [
    ['area', 'planted', ...columns],
    ...[...areas].map(([area, of]) => row(area, of)),
    row('all', tried),
  ];
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((each) => each[at]?.length ?? 0))) ?? [];
  return rows
    .map((each) =>
      each
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

/** Whether nothing has to be mended. */
export function allCaught(tried: readonly Tried[]): boolean {
  return tried.every(({ verdict }) => verdict === 'caught');
}
