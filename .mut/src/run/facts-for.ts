// What a gate is handed of the gates before it. Pure.

import { onTheSame } from '../plan/gate-traits.ts';
import type { Plan } from '../plan/schema.ts';
import { keyOf, type PlanGate } from '../plan/schema-gates.ts';
import type { Json } from '../plan/schema-scalars.ts';
import { gatesOf } from './gates-of.ts';
import type { RunState } from './state.ts';

type Found = readonly [gate: PlanGate, facts: Json];

/**
 * By kind, the facts of the nearest gate before this one that is about the same target and artifact; what the run itself has
 * not found comes from the run that it verifies or rolls back.
 */
export function factsFor(run: RunState, gate: PlanGate): { [kind: string]: Json } {
  const at = run.gates.findIndex((each) => keyOf(each.gate) === keyOf(gate));
  const own = run.gates
    .slice(0, at === -1 ? undefined : at)
    .flatMap((each): Found[] => (each.result ? [[each.gate, each.result.facts]] : []));
  const usable = [...ofSubject(run), ...own].filter(([each]) => onTheSame(each, gate));
  return Object.fromEntries(usable.map(([{ kind }, facts]) => [kind, facts]));
}

function ofSubject(run: RunState): Found[] {
  return subjectGatesOf(run).flatMap((gate): Found[] => {
    const facts = run.subjectFacts[keyOf(gate)];
    return facts === undefined ? [] : [[gate, facts]];
  });
}

/** The gates whose facts `subjectFacts` holds: those of the run that is verified or rolled back; none for a deploy. */
export function subjectGatesOf({ subjectRun, plan }: Pick<RunState, 'subjectRun' | 'plan'>): PlanGate[] {
  if (subjectRun === null) return [];
  return plan.operation === 'rollback' ? restatedGates(plan) : gatesOf(plan, 'deploy', 'LIVE');
}

const restatedKinds = ['artifact', 'stage', 'drift', 'promote'] as const;

/** What a plan that is a rollback knows of the run that it takes back: these gates, by the names of its own targets. */
function restatedGates(plan: Plan): PlanGate[] {
  const rollbacks = plan.gates.filter(({ kind }) => kind === 'rollback');
  return rollbacks.flatMap((of) =>
    restatedKinds.map((kind): PlanGate => {
      const { id, title, role, timeoutSeconds, supplementary, tolerates, target } = of;
      return {
        ...{ id, title, role, timeoutSeconds, supplementary, tolerates, kind },
        ...(target === undefined ? {} : { target }),
        name: `subject-${kind}-${target ?? 'target'}`,
      };
    }),
  );
}

/** The facts of the run that such a plan takes back, by its own names; `promotes` says which of that run's gates is meant. */
export function restateFacts(
  subject: RunState,
  plan: Plan,
  promotes: ReadonlyMap<string | null, PlanGate>,
): { [gate: string]: Json } {
  return Object.fromEntries(
    restatedGates(plan).flatMap((gate): [string, Json][] => {
      const promote = promotes.get(gate.target ?? null);
      if (!promote) return [];
      const own = subject.gates.find((each) => keyOf(each.gate) === keyOf(promote))?.result?.facts;
      const facts = gate.kind === 'promote' ? own : factsFor(subject, promote)[gate.kind];
      return facts === undefined ? [] : [[keyOf(gate), facts]];
    }),
  );
}
