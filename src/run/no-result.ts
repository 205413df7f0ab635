// What is recorded of a gate whose answer is missing or not believed. Pure.
import { keyOf, type PlanGate } from '../plan/schema-gates.ts';
import type { Evidence, GateResult, Reason } from './gate-result.ts';
import type { GateState, RunState } from './state.ts';

/** What the queue says of a failed job, no worker has signed. */
export function noResult({ gate }: GateState, said: string): Reason {
  return {
    code: 'no-result',
    text: `The job of ${gate.id} ${gate.title} ended without a readable result. The queue says, unsigned: ${said.slice(0, 1000)}`,
  };
}

/** What a worker has signed contradicts itself. */
export function otherEvidence(gate: PlanGate, { title, digest }: Evidence, got: string): Reason {
  return {
    code: 'result-of-other-evidence',
    text: `The answer to ${gate.id} ${gate.title} is signed by a trusted worker, but its evidence ${title} is not what it says: expected ${digest}, got ${got}, so nothing of it is believed. Run the same version of Interlock on both, look at the host, and start the run anew.`,
  };
}

/** A job that gave no result that is believed: nobody knows what it did, so it is inconclusive, never a pass. */
export function broken(gate: GateState, run: RunState, reason: Reason, now: number): GateResult {
  const at = new Date(now).toISOString();
  return {
    gate: keyOf(gate.gate),
    attempt: gate.attempt,
    status: 'inconclusive',
    reason,
    machine: run.control.machine,
    startedAt: gate.queuedAt ?? at,
    finishedAt: at,
    checks: [],
    facts: {},
    mutations: [],
    evidence: [],
  };
}
