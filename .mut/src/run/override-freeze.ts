// What it does to a run when somebody lets it go on in a freeze. Pure.
import { type ActiveFreeze, activeFreezes } from '../approval/freeze.ts';
import type { NewEvent, Person } from './events.ts';
import type { RunState } from './state.ts';

/** The freezes that hold the run up: an override is of those that it was given in, and of no later one. */
export function freezesInForce({ plan, freezeOverrides }: RunState, now: number): ActiveFreeze[] {
  const overridden = freezeOverrides.flatMap(({ freezes }) => freezes);
  return activeFreezes(plan.approval.freezes, now).filter(
    ({ title, until }) => !overridden.some((each) => each.title === title && each.until === until),
  );
}

/** No event when it was done before for every freeze that there is now. */
export function overrideFreeze(run: RunState, by: Person, reason: string, now: number): NewEvent[] {
  const freezes = freezesInForce(run, now);
  if (freezes.length === 0 && run.freezeOverrides.length > 0) return [];
  return [{ type: 'freeze.overridden', data: { by, reason, freezes } }];
}
