// What a gate is handed of the gates before it. Pure.

import { type GateKind, keyOf, type PlanGate } from '../plan/schema-gates.ts';
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
  const usable = [...ofSubject(run), ...own].filter(([each]) => fits(each, gate));
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
  return subjectRun === null ? [] : gatesOf(plan, 'deploy', 'LIVE');
}

const onTarget: ReadonlySet<GateKind> = new Set([
  'stage',
  'drift',
  'promote',
  'prove',
  'rollback-readiness',
  'rollback',
  'verify',
]);
const ofArtifact: ReadonlySet<GateKind> = new Set([
  'artifact',
  'stage',
  'drift',
  'promote',
  'prove',
  'verify',
]);

function fits(a: PlanGate, b: PlanGate): boolean {
  const sameTarget = !onTarget.has(a.kind) || !onTarget.has(b.kind) || a.target === b.target;
  const sameArtifact = !ofArtifact.has(a.kind) || !ofArtifact.has(b.kind) || a.artifact === b.artifact;
  return sameTarget && sameArtifact;
}
