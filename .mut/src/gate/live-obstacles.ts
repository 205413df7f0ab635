// Whether a live path is as its plan has it: a tree to be exchanged, or nothing yet. Pure.
import { exchangeObstacles, type PathFacts, placingObstacles } from '../host/commands/observe-path.ts';
import type { PlanGate } from '../plan/schema-gates.ts';
import type { PlanTarget } from '../plan/schema-places.ts';

/**
 * What speaks against staging there; empty for nothing. `seen` are the live path and its parent. Where plan and host disagree on
 * whether this is a first deploy, the plan's field is named.
 */
export function liveObstacles(
  gate: Pick<PlanGate, 'target'>,
  { first }: Pick<PlanTarget, 'first'>,
  seen: readonly PathFacts[],
): string[] {
  const [main, ...others] = first ? placingObstacles(seen) : exchangeObstacles(seen);
  if (main === undefined) return [];
  const [live] = seen;
  if ((live?.kind === 'absent') === first) return [main, ...others];
  const field = gate.target === undefined ? 'target.first' : `targets.${gate.target}.first`;
  const next = first
    ? `the plan says ${field}: take it out if this is no first deploy`
    : `a first deploy says so: set ${field} to true in the plan`;
  return [`${main}; ${next}`, ...others];
}
