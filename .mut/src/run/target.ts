// Which runs meet on one target, and who holds it. Pure.
import type { Plan } from '../plan/schema.ts';
import { allTargets } from '../plan/sections.ts';
import type { HeldLock } from './control.ts';
import type { Reason } from './gate-result.ts';
import { placeOf } from './live-history.ts';
import type { RunState } from './state.ts';

/** Whether two plans have a live path in common: the same path on the same SSH server, however they name it. */
export function sameTarget(a: Plan, b: Plan): boolean {
  const places = new Set(placesOf(a));
  return placesOf(b).some((place) => places.has(place));
}

function placesOf(plan: Plan): string[] {
  return allTargets(plan).map((target) => placeOf(plan, target));
}

/** Whether an open run keeps others off its target. */
export function holdsTarget(run: RunState): boolean {
  return !run.finished && !onlyLooks(run) && run.lockBroken === null;
}

/** It changes nothing, and asks nobody for anything that another run could void. */
function onlyLooks({ operation, mode }: Pick<RunState, 'operation' | 'mode'>): boolean {
  return operation === 'verify' || (operation === 'tidy' && mode === 'DRYRUN');
}

/** One for each live path of the run. */
export function locksOf(run: RunState): HeldLock[] {
  const { plan, runId, requester, operation, mode, subjectRun, requestedAt } = run;
  const of =
    operation === 'rollback' ? `rollback of ${subjectRun ?? 'a run'}` : `${operation} of ${plan.name}`;
  return allTargets(plan).map(({ host, livePath }) => ({
    host,
    livePath,
    runId,
    owner: requester,
    reason: mode === 'LIVE' ? of : `dry run of ${plan.name}`,
    since: requestedAt,
  }));
}

/** One mutating run a target at a time: two would void each other's evidence. */
export function busy(
  onTarget: readonly RunState[],
  wanted: Pick<RunState, 'operation' | 'mode'>,
): Reason | null {
  if (onlyLooks(wanted)) return null;
  const other = onTarget.find(holdsTarget);
  if (!other) return null;
  const [held] = locksOf(other);
  if (!held) return null;
  const { runId, owner, reason, since } = held;
  return {
    code: 'target-busy',
    text: `The target is held by run ${runId} (${reason}), asked for by ${owner.name} at ${since}. Wait for it, or end it with /runs abort ${runId}.`,
  };
}

/** Whether a run put its candidate on the live path. */
export function wentLive(run: RunState): boolean {
  return (
    run.operation === 'deploy' &&
    run.mode === 'LIVE' &&
    run.gates.some(({ gate, status }) => gate.kind === 'promote' && status === 'pass')
  );
}
