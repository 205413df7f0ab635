// The state of one gate of a run, with the attempts that were cut off before.
import type { PlanGate } from '../plan/schema-gates.ts';
import type { RunEvent } from './events.ts';
import type { GateResult, GateStatus, Mutation, Reason } from './gate-result.ts';
import type { RunState } from './state.ts';

export interface GateState {
  readonly gate: PlanGate;
  status: 'pending' | 'queued' | GateStatus;
  attempt: number;
  reason: Reason | null;
  result: GateResult | null;
  /** Of a look: whose tree it saw, where that is none of this run. */
  seenTree?: { readonly run: string; readonly as: 'candidate' | 'before' } | undefined;
  queuedAt: string | null;
  finishedAt: string | null;
  /** What this attempt's authorization spends; null before it is queued, and in ledgers of earlier versions. */
  nonce: string | null;
  /** Attempts that were cut off and tried again, the oldest first. */
  earlier: CutOff[];
  /** Sequence number of its last event; 0 before there is one. */
  seq: number;
}

/** An attempt of a gate after which it was tried again. */
export interface CutOff {
  readonly attempt: number;
  readonly nonce: string | null;
  /** Sequence number of its last event. */
  readonly seq: number;
  readonly status: GateStatus;
  readonly reason: Reason | null;
  readonly result: GateResult | null;
  readonly queuedAt: string | null;
  readonly finishedAt: string | null;
}

/** Before anything has happened to it. */
export function pendingGate(gate: PlanGate): GateState {
  return {
    gate,
    status: 'pending',
    attempt: 0,
    reason: null,
    result: null,
    queuedAt: null,
    finishedAt: null,
    nonce: null,
    earlier: [],
    seq: 0,
  };
}

/** Folds the queueing of its next attempt in. An earlier one that did not hold is kept. */
export function queued(
  state: GateState,
  { at, seq, data }: Extract<RunEvent, { type: 'gate.queued' }>,
): void {
  const { attempt, nonce: spent, seq: ended, status, reason, result, queuedAt, finishedAt } = state;
  if (status === 'fail' || status === 'blocked' || status === 'inconclusive')
    state.earlier.push({ attempt, nonce: spent, seq: ended, status, reason, result, queuedAt, finishedAt });
  const { attempt: next, nonce = null } = data;
  Object.assign(state, { status: 'queued', reason: null, attempt: next, nonce, queuedAt: at, seq });
}

/** What every attempt of a gate gave back, the oldest first. */
export function resultsOf({ earlier, result }: GateState): GateResult[] {
  return [...earlier.map((each) => each.result), result].filter((each) => each !== null);
}

/** Whether an attempt of it has written down a change of this kind, and not simulated it. */
export function hasDone(state: GateState, kind: Mutation['kind']): boolean {
  return resultsOf(state).some(({ mutations }) =>
    mutations.some((each) => each.kind === kind && !each.simulated),
  );
}

/** Every change that the run's gates and looks have written down, each with its gate, of every attempt. */
export function journalOf({ gates, looks }: RunState): (Mutation & { readonly gate: PlanGate })[] {
  return [...gates, ...looks].flatMap((state) =>
    resultsOf(state).flatMap(({ mutations }) => mutations.map((each) => ({ ...each, gate: state.gate }))),
  );
}
