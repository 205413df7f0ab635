// What a schema cannot say of a plan: names that must exist, orders that must hold, wishes that exclude each other. Each topic is a
// file of its own; all faults come in one go. Pure.
import { actFaults } from './check-acts.ts';
import { approvalFaults, nameFaults } from './check-approval.ts';
import { claimFaults } from './check-claims.ts';
import { consentFaults } from './check-consent.ts';
import { gateFaults } from './check-gates.ts';
import { lineageFaults } from './check-lineage.ts';
import { orderFaults } from './check-order.ts';
import { parameterFaults } from './check-parameters.ts';
import { placeFaults } from './check-places.ts';
import { probeFaults } from './check-probes.ts';
import { type Outline, outlineOf, type ReferenceFault } from './outline.ts';
import { gateKinds } from './schema-gates.ts';

/** Faults of reference, in the order of the topics. Works on plans of faulty form too. */
export function checkReferences(value: unknown): ReferenceFault[] {
  const plan = outlineOf(value);
  if (plan === null) return [];
  const known = kindsKnown(plan);
  return [
    ...nameFaults(plan.name),
    ...placeFaults(plan),
    ...probeFaults(plan, known),
    ...gateFaults(plan),
    ...(known ? orderFaults(plan) : []),
    ...parameterFaults(plan),
    ...approvalFaults(policyOf(plan)),
    ...consentFaults(plan),
    ...claimFaults(plan, known),
    ...actFaults(plan),
    ...lineageFaults(plan),
  ];
}

/** Whether every gate's kind is known. While one is not, what follows from the kinds would be reported twice. */
function kindsKnown({ gates }: Outline): boolean {
  return gates.every((gate) => gate !== null && gateKinds.some((kind) => kind === gate.kind));
}

/** Groups of faulty form left out: the schema has its say on them, and every answer about them would be a guess. */
function policyOf({ approval }: Outline): Parameters<typeof approvalFaults>[0] {
  if (!approval) return null;
  const groups = Object.entries(approval.groups).flatMap(([name, group]) =>
    group ? [[name, group] as const] : [],
  );
  return { ...approval, groups: Object.fromEntries(groups) };
}
