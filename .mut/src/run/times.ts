// How long each gate took and what a run waited for, from its ledger events alone.
import { keyOf } from '../plan/schema-gates.ts';
import type { RunState } from './state.ts';

export interface GateTime {
  readonly job: string;
  /** ms from begin to end on the worker. */
  readonly ms: number;
  /** ms from queueing to the begin on a worker. */
  readonly waitedMs: number;
}

export interface RunTimes {
  readonly gates: readonly GateTime[];
  readonly waits: readonly { readonly for: string; readonly ms: number }[];
  /** ms from the request to the end; null while the run is open. */
  readonly totalMs: number | null;
}

export function runTimes(run: RunState): RunTimes {
  const gates = run.gates.flatMap(({ gate, result, queuedAt }) => {
    if (!result || !queuedAt) return [];
    return [
      {
        job: keyOf(gate),
        ms: between(result.startedAt, result.finishedAt),
        waitedMs: between(queuedAt, result.startedAt),
      },
    ];
  });
  const waits = gates
    .filter(({ waitedMs }) => waitedMs > 0)
    .map(({ job, waitedMs }) => ({ for: `a worker for ${job}`, ms: waitedMs }));
  if (run.approval?.decidedAt)
    waits.push({ for: 'approval', ms: between(run.approval.requestedAt, run.approval.decidedAt) });
  return { gates, waits, totalMs: run.finished ? between(run.requestedAt, run.finished.at) : null };
}

/** ms; never negative, since two machines' clocks may differ by a little. */
function between(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}
