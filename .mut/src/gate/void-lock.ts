// Whether a hold on a target's lock counts for nothing any more. Pure.
import type { LockSight } from '../host/commands/observe-lock.ts';

/** ms by which the clocks of two workers may differ. */
const clockSkewMs = 60_000;

export interface LockAsker {
  readonly run: string;
  /** The run that is taken back, if the asking one takes one back: it has ended. */
  readonly subjectRun: string | null;
  readonly now: Date;
  /** Runs that lost the target's lock, by the signed execution switch. */
  readonly lostLock: (run: string) => boolean;
}

/**
 * Why the holder may be fenced off, in words for people; null when it must be waited for. A run asks for one gate at a time, so
 * a holder of the asking run is an earlier attempt or start, whatever became of its worker.
 */
export function whyVoid(
  { holder, fence }: Pick<LockSight, 'holder' | 'fence'>,
  { run, subjectRun, now, lostLock }: LockAsker,
): string | null {
  if (holder === undefined) return null;
  if (holder.token !== undefined && holder.token !== fence)
    return 'another attempt has raised its fence since';
  if (holder.run === run) return 'it is an earlier attempt of this run';
  if (holder.run === subjectRun) return 'its run has ended, and this one takes it back';
  if (holder.until !== undefined && now.getTime() > Date.parse(holder.until) + clockSkewMs)
    return `its authorization ended at ${holder.until}`;
  return lostLock(holder.run) ? 'the target’s lock was taken from its run' : null;
}
