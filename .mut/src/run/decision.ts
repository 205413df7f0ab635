// What `decide` answers: the next move of a run. Pure.
import { keyOf } from '../plan/schema-gates.ts';
import type { NewEvent } from './events.ts';
import type { GateState, RunState } from './state.ts';

export type Decision =
  /** Write these down, then decide again. */
  | { readonly act: 'append'; readonly events: readonly NewEvent[] }
  /** The gate's job must exist; its outcome is awaited. */
  | { readonly act: 'await-gate'; readonly gate: GateState; readonly cancel: boolean }
  /** Nothing to do before this instant (RFC 3339) passes: what was cut off is tried again then. */
  | { readonly act: 'await-time'; readonly until: string }
  /** Nothing to do before a vote comes or this instant (RFC 3339) passes. */
  | { readonly act: 'await-votes'; readonly until: string }
  | { readonly act: 'done' };

export function append(event: NewEvent): Decision {
  return { act: 'append', events: [event] };
}

/** Whether this is the decision that nobody can take back: what was approved begins. */
export function crossesPointOfNoReturn(decision: Decision): boolean {
  return decision.act === 'append' && decision.events.some(({ type }) => type === 'point-of-no-return');
}

/** Queues the gate's next attempt. */
export function queueGate({ runId }: RunState, { gate, attempt }: GateState): Decision {
  const next = attempt + 1;
  const key = keyOf(gate);
  return append({
    type: 'gate.queued',
    data: { gate: key, attempt: next, role: gate.role, jobId: jobIdOf(runId, key, next) },
  });
}

/** Deterministic, so that queueing twice is the same as once. */
export function jobIdOf(runId: string, gate: string, attempt: number): string {
  return `${runId}-${gate}-${attempt}`;
}
