import { Mode } from '../phases/mode.ts';
import { Refusal } from '../phases/refusal.ts';

/** Whether this tree has a way into production at all. */
export const LIVE_WIRED = false;

/** Lets DRYRUN pass untouched. @throws Refusal `live-not-wired` in LIVE, always. */
export function guardMode(mode: Mode): void {
  if (mode === Mode.LIVE) {
    throw new Refusal(
      'live-not-wired',
      'expected DRYRUN, got LIVE, which this tree has no wiring for. See docs/live.md.',
    );
  }
}
