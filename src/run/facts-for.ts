// What a gate is handed of the gates before it. Pure.

import { onTheSame } from '../plan/gate-traits.ts';
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

function ofSubject({ subjectRun, subjectFacts, plan }: RunState): Found[] {
  if (subjectRun === null) return [];
  return gatesOf(plan, 'deploy', 'LIVE').flatMap((gate): Found[] => {
    const facts = subjectFacts[keyOf(gate)];
    return facts === undefined ? [] : [[gate, facts]];
  });
}
