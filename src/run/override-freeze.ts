// What it does to a run when somebody lets it go on in a freeze. Pure.
import { activeFreezes } from '../approval/freeze.ts';
import type { NewEvent, Person } from './events.ts';
import type { RunState } from './state.ts';

/** No event when it was done before for every freeze that there is now. */
export function overrideFreeze(run: RunState, by: Person, reason: string, now: number): NewEvent[] {
  const overridden = run.freezeOverrides.flatMap(({ freezes }) => freezes);
  const freezes = activeFreezes(run.plan.approval.freezes, now).filter(
    ({ title, until }) => !overridden.some((each) => each.title === title && each.until === until),
  );
  if (freezes.length === 0 && run.freezeOverrides.length > 0) return [];
  return [{ type: 'freeze.overridden', data: { by, reason, freezes } }];
}
