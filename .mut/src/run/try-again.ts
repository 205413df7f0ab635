// When a gate that was cut off is tried again. A lost connection says nothing about what the gate decides; a few attempts with
// a pause between them do. Each is in the ledger. Pure.
import { failedLooks, isGivenUp } from './observation.ts';
import type { GateState, RunState } from './state.ts';

/** ms before the second attempt of a gate, the third, and so on. */
const pauses = [1_000, 5_000, 20_000];
/** ms before a look is tried again, by how often it was in vain; the last one is used from then on. */
const lookPauses = [1_000, 2_000, 5_000, 10_000, 30_000];

/** Endings that come of a short fault between worker and host, and not of anything that the gate found. */
const cutOffCodes: ReadonlySet<string> = new Set([
  'connection-lost',
  'unreachable',
  'lock-lost',
  'fenced-off',
]);

/** The gate that was cut off and may be tried again; undefined when there is none. */
export function cutOffGate(run: RunState): GateState | undefined {
  if (run.lockBroken) return undefined;
  return run.gates.find(
    (state) =>
      isCutOff(state) &&
      state.attempt <= pauses.length &&
      // An abort ends what goes forward, never the way back.
      (run.aborted === null || state.gate.kind === 'rollback') &&
      !run.looks.some((look) => look.gate.target === state.gate.target && isGivenUp(run, look)),
  );
}

function isCutOff({ gate, status, reason, attempt }: GateState): boolean {
  if ((status !== 'inconclusive' && status !== 'blocked') || attempt === 0 || !reason) return false;
  // Whoever asks for a run while a host is away hears it at once, and nothing is lost by asking again.
  if (gate.kind === 'precheck' && reason.code === 'unreachable') return false;
  return cutOffCodes.has(reason.code);
}

/** Earliest instant (ms since the epoch) of the next attempt. */
export function nextAttemptAt(run: RunState, state: GateState): number {
  const { gate, attempt, status, finishedAt } = state;
  if (finishedAt === null || status === 'pass') return 0;
  const isLook = gate.kind === 'observe-live';
  const failures = isLook ? failedLooks(run, state) - 1 : attempt - 1;
  if (failures < 0) return 0;
  const steps = isLook ? lookPauses : pauses;
  return Date.parse(finishedAt) + (steps[Math.min(failures, steps.length - 1)] ?? 0);
}
