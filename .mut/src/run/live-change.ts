// Which entries of a journal changed a live path, and not only what lies beside it. Pure.

import type { Plan } from '../plan/schema.ts';
import type { PlanGate } from '../plan/schema-gates.ts';
import { targetOf } from '../plan/sections.ts';
import type { GateResult, Mutation } from './gate-result.ts';

/** Of a promote or rollback gate: two trees exchanged, or one named or taken away at the live path itself. */
function changesLive(
  plan: Pick<Plan, 'target' | 'targets'>,
  gate: Pick<PlanGate, 'target'>,
  { kind, target, simulated }: Mutation,
): boolean {
  if (simulated) return false;
  return kind === 'host.exchange' || (kind === 'host.rename' && target === targetOf(plan, gate)?.livePath);
}

/** Whether the gate journalled a change of its live path; of a gate without a result nothing is known. */
export function changedLive(
  plan: Plan,
  gate: PlanGate,
  result: Pick<GateResult, 'mutations'> | null,
): boolean {
  return result?.mutations.some((each) => changesLive(plan, gate, each)) ?? false;
}
