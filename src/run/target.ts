// Which runs meet on one target, and who holds it. Pure.
import type { Plan } from '../plan/schema.ts';
import type { HeldLock } from './control.ts';
import type { Operation } from './events.ts';
import type { Reason } from './gate-result.ts';
import { gateState, type RunState } from './state.ts';

/** The same live path on the same SSH server, however the plans name it. */
export function sameTarget(a: Plan, b: Plan): boolean {
  const host = (plan: Plan) => plan.hosts[plan.target.host];
  return (
    host(a)?.address === host(b)?.address &&
    host(a)?.port === host(b)?.port &&
    a.target.livePath === b.target.livePath
  );
}

/** Whether an open run keeps others off its target. */
export function holdsTarget({ finished, operation, lockBroken }: RunState): boolean {
  return !finished && operation !== 'verify' && lockBroken === null;
}

export function lockOf(run: RunState): HeldLock {
  const { plan, runId, requester, operation, mode, subjectRun, requestedAt } = run;
  const of =
    operation === 'rollback' ? `rollback of ${subjectRun ?? 'a run'}` : `${operation} of ${plan.name}`;
  return {
    host: plan.target.host,
    livePath: plan.target.livePath,
    runId,
    owner: requester,
    reason: mode === 'LIVE' ? of : `dry run of ${plan.name}`,
    since: requestedAt,
  };
}

/** One mutating run a target at a time: two would void each other's evidence. */
export function busy(onTarget: readonly RunState[], operation: Operation): Reason | null {
  if (operation === 'verify') return null;
  const other = onTarget.find(holdsTarget);
  if (!other) return null;
  const { runId, owner, reason, since } = lockOf(other);
  return {
    code: 'target-busy',
    text: `The target is held by run ${runId} (${reason}), asked for by ${owner.name} at ${since}. Wait for it, or end it with /runs abort ${runId}.`,
  };
}

/** Whether a run put its candidate on the live path. */
export function wentLive(run: RunState): boolean {
  return (
    run.operation === 'deploy' &&
    run.gates.some(({ gate }) => gate.kind === 'promote') &&
    gateState(run, 'promote').status === 'pass'
  );
}
