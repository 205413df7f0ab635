// What the control plane permits one gate of one run to do.
import type { Authorization } from '../execution/authorization.ts';
import { changesTarget } from '../plan/gate-traits.ts';
import type { Plan } from '../plan/schema.ts';
import { keyOf, type PlanGate } from '../plan/schema-gates.ts';
import { targetOf } from '../plan/sections.ts';
import { authorizationTime, nonceOf } from '../run/authorization-time.ts';
import type { GateState, RunState } from '../run/state.ts';

/**
 * Pure, and the same however often the gate's job is put on the queue: a queue that has lost it is handed no second permission.
 * Approvals are named only once promote may begin.
 */
export function authorizationFor(
  run: RunState,
  { gate, attempt, nonce, queuedAt }: GateState,
  jobDigest: string,
): Authorization {
  const afterApproval = run.pointOfNoReturn !== null;
  return {
    // An earlier version queued gates without one.
    nonce: nonce ?? nonceOf(run.runId, keyOf(gate), attempt),
    run: run.runId,
    gate: keyOf(gate),
    attempt,
    mode: run.mode,
    planDigest: run.planDigest,
    jobDigest,
    subjectDigest: afterApproval ? (run.approval?.digest ?? null) : null,
    approvers: afterApproval ? (run.approval?.approvals.map(({ approver }) => approver.id) ?? []) : [],
    hosts: machinesOf(gate, run.plan),
    ...authorizationTime(gate, queuedAt ?? run.requestedAt),
  };
}

/** What a gate may change: one machine, or none. */
function machinesOf(gate: PlanGate, plan: Plan): string[] {
  const target = targetOf(plan, gate);
  if (changesTarget(gate.kind)) return target ? [target.host] : [];
  return gate.kind === 'artifact' && plan.source ? [plan.source.machine] : [];
}
