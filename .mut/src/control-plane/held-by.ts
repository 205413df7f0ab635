// What holds a run up that has its approval, in words for the thread. Pure.
import { freezeOf } from '../run/decide-approval.ts';
import type { RunState } from '../run/state.ts';

/** Null while nothing does. `now` in ms since the epoch. */
export function heldBy(run: RunState, now: number): string | null {
  if (run.approval?.status !== 'granted' || run.pointOfNoReturn !== null) return null;
  const freeze = freezeOf(run, now);
  return freeze ? `the end of the freeze “${freeze.title}” at ${freeze.until}` : null;
}
