// What a plan expects of a probe at one moment of a run. Pure.

import type { Plan } from './schema.ts';
import { keyOf, type PlanGate } from './schema-gates.ts';
import type { ProbeExpectation } from './schema-probes.ts';
import type { Json } from './schema-scalars.ts';

/** Before anything of the run is live, or from then on. */
export type Moment = 'before' | 'after';

type Side = Extract<ProbeExpectation, { before: unknown }>['before'];

/** One value or pattern; null for `unchanged`, which a single reading cannot be held against. */
export function expectedNow(
  expect: ProbeExpectation,
  moment: Moment,
): { equals: Json } | { matches: string } | null {
  if ('unchanged' in expect) return null;
  return 'before' in expect ? sideOf(expect[moment]) : expect;
}

/**
 * A gate reads the world before the change while the run has still to put something live, and has put nothing live yet. A dry
 * run puts nothing live at all. A gate that the plan does not have is that of `/verify`, long after the change.
 */
export function momentOf(gates: readonly PlanGate[], gate: PlanGate, mode: Plan['mode']): Moment {
  const at = gates.findIndex((each) => keyOf(each) === keyOf(gate));
  const changes = gates.flatMap(({ kind }, index) =>
    kind === 'promote' || kind === 'rollback' ? [index] : [],
  );
  if (at === -1 || changes.length === 0) return 'after';
  return mode === 'DRYRUN' || changes.every((index) => index > at) ? 'before' : 'after';
}

/** `1.4 → 1.5`, for people; null where no change is expected. */
export function sayExpectedChange(expect: ProbeExpectation): string | null {
  return 'before' in expect ? `${saySide(expect.before)} → ${saySide(expect.after)}` : null;
}

function sideOf(side: Side): { equals: Json } | { matches: string } {
  return typeof side === 'object' ? side : { equals: side };
}

function saySide(side: Side): string {
  const wanted = sideOf(side);
  if ('matches' in wanted) return `a match of ${wanted.matches}`;
  return typeof wanted.equals === 'string' ? wanted.equals : JSON.stringify(wanted.equals);
}
