// Which live paths a run is going to change, as its plan has them. Pure.
import { wordOf } from '../plan/criteria-of.ts';
import { changesTarget } from '../plan/gate-traits.ts';
import type { Plan } from '../plan/schema.ts';
import type { PlanGate } from '../plan/schema-gates.ts';
import type { PlanTarget } from '../plan/schema-places.ts';
import { namedTargets } from '../plan/sections.ts';
import type { Operation } from '../run/events.ts';

export interface AimedTarget {
  /** As criteria name it: `target` for the one that gates need not name. */
  readonly label: string;
  readonly gate: Pick<PlanGate, 'target'>;
  readonly target: PlanTarget;
}

/** In the order of the plan, each once. A way back that the plan does not list changes what its gates can change. */
export function targetsToChange(plan: Plan, operation: Operation): AimedTarget[] {
  if (operation === 'verify') return [];
  const named = new Set(
    plan.gates.filter(({ kind }) => changesTarget(kind)).map(({ target }) => target ?? null),
  );
  return namedTargets(plan)
    .filter(({ name }) => named.has(name))
    .map(({ name, target }) => ({
      label: wordOf(name ?? 'target'),
      gate: name === null ? {} : { target: name },
      target,
    }));
}
