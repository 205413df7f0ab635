// Before a gate takes its target's lock: who holds it, and whether that holder is to be waited for.
import { randomUUID } from 'node:crypto';
import { lockSightAt, parseLockSight } from '../host/commands/observe-lock.ts';
import type { Takeover } from '../host/lock.ts';
import type { GateContext } from './context.ts';
import { whyVoid } from './void-lock.ts';

export interface LockPlan {
  readonly takeover: Takeover;
  /** What is done, in words for the journal. */
  readonly detail: string;
}

/** Looks only. A holder that counts is left alone: taking the lock then fails, and says who it is. */
export async function planTakeover(
  context: Pick<GateContext, 'job' | 'plan' | 'host' | 'signal' | 'now' | 'killSwitch'>,
  { lock, fence }: { readonly lock: string; readonly fence: string },
): Promise<LockPlan | null> {
  const { job, plan, signal, now, killSwitch } = context;
  const host = await context.host(plan.target.host);
  const sight = parseLockSight(await host.run(lockSightAt(lock, fence), { signal }));
  const { holder, processes } = sight;
  const token = `${job.run}/${job.gate}/${job.attempt}/${randomUUID()}`;
  const takeover = { fence, token, was: sight.fence, end: [] };
  const detail = 'held while the gate runs';
  // What is written there by a holder that was killed holds nothing.
  if (holder === undefined || (holder.token !== undefined && processes.length === 0))
    return { takeover, detail };
  const scope = { plan: plan.name, run: holder.run };
  const { lockBroken = false } = await killSwitch.read({ scope });
  const asker = { run: job.run, subjectRun: job.subjectRun, now: now(), lostLock: () => lockBroken };
  const why = whyVoid(sight, asker);
  if (why === null) return null;
  return {
    takeover: { ...takeover, end: processes },
    detail: `${detail}; the hold of run ${holder.run} (${holder.reason}) is void and ended, since ${why}`,
  };
}
