// The matrix of one run: the register that it carried in, with what the run itself changed. Pure: from the run's own ledger alone.
import type { GapStatus } from '../plan/schema-gaps.ts';
import type { RunState } from '../run/state.ts';
import type { GapChange, GapRow } from './schema.ts';
import { runStep } from './steps.ts';
import { applyStep } from './transitions.ts';

export interface MatrixRow extends GapRow {
  /** How it came in; null for one that this run disclosed first. */
  readonly carried: GapStatus | null;
  /** What this run changed, the oldest first. */
  readonly changes: readonly GapChange[];
  /** What the plan said of it without changing it. */
  readonly note: string | null;
}

/** Those that are not closed: every count of open gaps is one of these. */
export function openAmong<T extends Pick<GapRow, 'status'>>(rows: readonly T[]): T[] {
  return rows.filter(({ status }) => status !== 'closed');
}

/** Gaps of other lineages as this run leaves them: it took out of service what their evidence was found on. */
export function reopenedElsewhere({
  takesBack,
  ...run
}: RunState): { readonly lineage: string; readonly rows: readonly MatrixRow[] }[] {
  return (takesBack?.elsewhere ?? []).map(({ lineage, gaps }) => ({
    lineage,
    rows: withStep({ ...run, gaps, takesBack }, false, true).filter(({ changes }) => changes.length > 0),
  }));
}

export function matrixOf(run: RunState): MatrixRow[] {
  return withStep(run, false);
}

/** As it will be if the run goes on to pass: for a gate that reviews gaps before the run has ended. */
export function matrixIfPassed(run: RunState): MatrixRow[] {
  return withStep(run, true);
}

function withStep(run: RunState, isAsIf: boolean, isOutside = false): MatrixRow[] {
  const step = runStep(run, isAsIf);
  const { rows, notes } = applyStep(run.gaps, isOutside ? { ...step, disclosures: [] } : step);
  return rows.map((row) => {
    const carried = run.gaps.find(({ id }) => id === row.id);
    return {
      ...row,
      carried: carried?.status ?? null,
      changes: row.history.slice(carried?.history.length ?? 0),
      note: notes.get(row.id) ?? null,
    };
  });
}
