// What it does to a run when somebody lets it go on in a freeze. Pure.
import { activeFreezes } from '../approval/freeze.ts';
import type { NewEvent, Person } from './events.ts';
import type { RunState } from './state.ts';

/** No event when it was done before. */
export function overrideFreeze(run: RunState, by: Person, reason: string, now: number): NewEvent[] {
  if (run.freezeOverrides.length > 0) return [];
  const freezes = activeFreezes(run.plan.approval.freezes, now);
  return [{ type: 'freeze.overridden', data: { by, reason, freezes } }];
}
