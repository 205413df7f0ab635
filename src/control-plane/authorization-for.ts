// What the control plane permits one gate of one run to do.
import { sha256Hex } from '../evidence/digest.ts';
import type { Authorization } from '../execution/authorization.ts';
import { changesTarget } from '../plan/gate-traits.ts';
import type { Plan } from '../plan/schema.ts';
import { keyOf, type PlanGate } from '../plan/schema-gates.ts';
import { targetOf } from '../plan/sections.ts';
import type { GateState, RunState } from '../run/state.ts';

/** ms beyond a gate's own timeout for which its authorization holds, so that it may wait for a worker. */
const queueAllowanceMs = 30 * 60_000;
/** ms by which a worker's clock may be behind. */
const clockSkewMs = 60_000;

/**
 * Pure, and the same however often the gate's job is put on the queue: a queue that has lost it is handed no second permission.
 * Approvals are named only once promote may begin.
 */
export function authorizationFor(
  run: RunState,
  { gate, attempt, nonce, queuedAt }: GateState,
  jobDigest: string,
): Authorization {
  const issued = Date.parse(queuedAt ?? run.requestedAt);
  const afterApproval = run.pointOfNoReturn !== null;
  return {
    // An earlier version queued gates without one.
    nonce: nonce ?? sha256Hex(`${run.runId}/${keyOf(gate)}/${attempt}`).slice(0, 32),
    run: run.runId,
    gate: keyOf(gate),
    attempt,
    mode: run.mode,
    planDigest: run.planDigest,
    jobDigest,
    subjectDigest: afterApproval ? (run.approval?.digest ?? null) : null,
    approvers: afterApproval ? (run.approval?.approvals.map(({ approver }) => approver.id) ?? []) : [],
    hosts: machinesOf(gate, run.plan),
    notBefore: new Date(issued - clockSkewMs).toISOString(),
    notAfter: new Date(issued + gate.timeoutSeconds * 1000 + queueAllowanceMs).toISOString(),
  };
}

/** What a gate may change: one machine, or none. */
function machinesOf(gate: PlanGate, plan: Plan): string[] {
  const target = targetOf(plan, gate);
  if (changesTarget(gate.kind)) return target ? [target.host] : [];
  return gate.kind === 'artifact' && plan.source ? [plan.source.machine] : [];
}
