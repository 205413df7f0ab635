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

/** Of a run that was aborted while the queue held no job of the gate. */
export function abortedUnseen({ gate }: GateState): Reason {
  return {
    code: 'aborted',
    text: `The run was aborted while the queue held no job of ${gate.id} ${gate.title}; whether a worker had begun it is not known.`,
  };
}

/** Of a run that was aborted before any worker had taken the gate's job, which was taken off the queue. */
export function neverBegun(run: RunState, gate: GateState, now: number): GateResult {
  const { id, title } = gate.gate;
  const text = `The run was aborted before any worker had begun ${id} ${title}.`;
  return { ...broken(gate, run, { code: 'aborted', text }, now), status: 'blocked' };
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
