// Who is asked: somebody must be named where something is changed or asked, and people are asked once a run. Pure.
import { nameOf } from './check-gates.ts';
import { consentKinds, mutatingKinds } from './gate-traits.ts';
import { asksPeople, gatesWithIndex, type Outline, type ReferenceFault } from './outline.ts';

/** Missing approvers, and more than one question to people. */
export function consentFaults(plan: Outline): ReferenceFault[] {
  return [...missingFaults(plan), ...oneApprovalFaults(plan)];
}

function missingFaults(plan: Outline): ReferenceFault[] {
  if (!plan.approval || Object.keys(plan.approval.groups).length > 0) return [];
  const gate = gatesWithIndex(plan).find(([each]) => mutatingKinds.has(each.kind) || asksPeople(each));
  if (!gate) return [];
  const [{ kind }, index] = gate;
  return [
    {
      path: ['approval', 'groups'],
      message: `expected at least one group of approvers, since gates/${index} (${kind}) ${mutatingKinds.has(kind) ? 'changes something' : 'asks people'}, got none; name them`,
    },
  ];
}

/** A run has one approval; a second question would be answered by the consents to the first. */
function oneApprovalFaults(plan: Outline): ReferenceFault[] {
  const asking = gatesWithIndex(plan).filter(([gate]) => asksPeople(gate));
  const decisions = asking.filter(([{ kind }]) => kind === 'decide');
  return decisions.flatMap(([gate, index]) => {
    const other = asking.find(([each]) => consentKinds.has(each.kind)) ?? decisions[0];
    return !other || other[0] === gate
      ? []
      : [
          {
            path: ['gates', index, 'with', 'by'],
            message: `expected one question to people a run, got ${nameOf(gate)} beside ${nameOf(other[0])} (gates/${other[1]}); let a rule decide, or make it a plan of its own`,
          },
        ];
  });
}
