// What comes next in a run. Pure: no clock, no I/O; the coordinator acts on the answer.
import { quorumReached } from '../approval/policy.ts';
import { approvalSubject, digestOfSubject } from './approval-subject.ts';
import type { NewEvent } from './events.ts';
import type { Reason } from './gate-result.ts';
import type { GateState, RunState } from './state.ts';
import { verdictOf } from './verdict.ts';

export type Decision =
  /** Write these down, then decide again. */
  | { readonly act: 'append'; readonly events: readonly NewEvent[] }
  /** The gate's job must exist; its outcome is awaited. */
  | { readonly act: 'await-gate'; readonly gate: GateState; readonly cancel: boolean }
  /** Nothing to do before a vote comes or this instant (RFC 3339) passes. */
  | { readonly act: 'await-votes'; readonly until: string }
  | { readonly act: 'done' };

/** Decides the next move of a run at the instant `now` (ms since the epoch). */
export function decide(run: RunState, now: number): Decision {
  if (run.finished) return { act: 'done' };
  const queued = run.gates.find((each) => each.status === 'queued');
  if (queued) return { act: 'await-gate', gate: queued, cancel: run.aborted !== null && cancellable(queued) };
  const next = run.gates.find((each) => each.status === 'pending');
  if (!next) return finish(run);
  if (next.gate.kind === 'report') return queue(run, next);
  const stop = stopReason(run);
  if (stop) return afterStop(run, next, stop);
  if (needsApproval(run, next)) return approve(run, next, now);
  return queue(run, next);
}

/** Why the remaining gates may not run, or null while they may. */
export function stopReason(run: RunState): Reason | null {
  if (run.aborted)
    return { code: 'aborted', text: `${run.aborted.by.name} aborted the run: ${run.aborted.reason}` };
  const stopped = run.gates.find(({ status, gate }) => gate.kind !== 'report' && isStop(status));
  if (stopped?.reason) {
    return {
      code: `after-${stopped.status}`,
      text: `Not run, since ${stopped.gate.id} ${stopped.gate.title} is ${stopped.status}: ${stopped.reason.text}`,
    };
  }
  return null;
}

/** An abort ends what goes forward, never the way back or the report on it. */
function cancellable({ gate }: GateState): boolean {
  return gate.kind !== 'report' && gate.kind !== 'rollback';
}

function isStop(status: GateState['status']): boolean {
  return status === 'fail' || status === 'blocked' || status === 'inconclusive';
}

function afterStop(run: RunState, next: GateState, stop: Reason): Decision {
  if (next.gate.kind === 'rollback' && run.rollback) return queue(run, next);
  // What could not be measured holds and asks a human; everything else that stops after promote brings the anchor back.
  const unmeasured = run.gates.some(({ status }) => status === 'inconclusive');
  const cause = run.gates.find(({ status, reason }) => isStop(status) && reason !== null)?.reason ?? stop;
  if (
    !unmeasured &&
    promoted(run) &&
    run.rollback === null &&
    run.plan.onFailureAfterPromote === 'rollback'
  ) {
    return {
      act: 'append',
      events: [{ type: 'rollback.begun', data: { trigger: 'automatic', reason: cause } }],
    };
  }
  const skipped = run.gates.filter(
    ({ status, gate }) =>
      status === 'pending' && gate.kind !== 'report' && !(gate.kind === 'rollback' && run.rollback),
  );
  return {
    act: 'append',
    events: skipped.map(({ gate }) => ({ type: 'gate.skipped', data: { gate: gate.kind, reason: stop } })),
  };
}

/** Whether the live path may hold the candidate: promote passed, or began and did not say that it had changed nothing. */
function promoted(run: RunState): boolean {
  const promote = run.gates.find(({ gate }) => gate.kind === 'promote');
  if (run.mode !== 'LIVE' || !promote) return false;
  return (
    promote.status === 'pass' ||
    (promote.result?.mutations.some(({ kind }) => kind === 'host.exchange') ?? false)
  );
}

function needsApproval(run: RunState, { gate }: GateState): boolean {
  // A dry run changes nothing, so there is nothing to consent to.
  if (run.mode === 'DRYRUN') return false;
  return gate.kind === 'promote' || (gate.kind === 'rollback' && run.operation === 'rollback');
}

function approve(run: RunState, next: GateState, now: number): Decision {
  const { approval } = run;
  const subject = approvalSubject(run);
  if (approval === null) {
    const expiresAt = new Date(now + run.plan.approval.expiresAfterMinutes * 60_000).toISOString();
    return append({
      type: 'approval.requested',
      data: { digest: digestOfSubject(subject), subject, expiresAt },
    });
  }
  switch (approval.status) {
    case 'waiting':
      return awaitVotes(run, now);
    case 'rejected':
      return skipAll(run, {
        code: 'rejected',
        text: `${approval.rejectedBy?.name ?? 'An approver'} rejected it; nothing went live.`,
      });
    case 'expired':
      return skipAll(run, {
        code: 'approval-expired',
        text: `No quorum by ${approval.expiresAt}; a timeout is not a consent, and nothing went live.`,
      });
    case 'granted': {
      if (approval.rejectedBy && run.pointOfNoReturn === null)
        return append({
          type: 'approval.rejected',
          data: { digest: approval.digest, by: approval.rejectedBy },
        });
      const { digest } = approval;
      if (run.pointOfNoReturn === null && now >= Date.parse(approval.expiresAt))
        return append({ type: 'approval.expired', data: { digest } });
      // The point of no return is on record before the job exists, so a later withdrawal cannot race with it.
      return run.pointOfNoReturn === null
        ? append({ type: 'point-of-no-return', data: { gate: next.gate.kind, digest } })
        : queue(run, next);
    }
  }
}

function awaitVotes(run: RunState, now: number): Decision {
  const { approval, plan } = run;
  if (approval === null) throw new RangeError(`run ${run.runId}: no approval to wait for`);
  const { digest, approvals, rejectedBy, expiresAt } = approval;
  if (rejectedBy) return append({ type: 'approval.rejected', data: { digest, by: rejectedBy } });
  if (now >= Date.parse(expiresAt)) return append({ type: 'approval.expired', data: { digest } });
  if (quorumReached(plan.approval, approvals))
    return append({ type: 'approval.granted', data: { digest, approvals } });
  return { act: 'await-votes', until: expiresAt };
}

function queue(run: RunState, { gate, attempt }: GateState): Decision {
  const next = attempt + 1;
  return append({
    type: 'gate.queued',
    data: { gate: gate.kind, attempt: next, role: gate.role, jobId: jobIdOf(run.runId, gate.kind, next) },
  });
}

/** Deterministic, so that queueing twice is the same as once. */
export function jobIdOf(runId: string, kind: string, attempt: number): string {
  return `${runId}-${kind}-${attempt}`;
}

function skipAll(run: RunState, reason: Reason): Decision {
  const pending = run.gates.filter(({ status, gate }) => status === 'pending' && gate.kind !== 'report');
  return {
    act: 'append',
    events: pending.map(({ gate }) => ({ type: 'gate.skipped', data: { gate: gate.kind, reason } })),
  };
}

function finish(run: RunState): Decision {
  const { verdict, reason } = verdictOf(run.mode, judgedGates(run));
  return append({ type: 'run.finished', data: { verdict, outcome: outcomeOf(run, verdict), reason } });
}

/** The gates as the verdict sees them; unfinished ones count as not run. */
export function judgedGates(run: RunState) {
  return run.gates.map(({ gate, status, reason }) => ({
    kind: gate.kind,
    status: status === 'pending' || status === 'queued' ? ('not-run' as const) : status,
    reason,
  }));
}

/** The plan's name for a verdict. */
export function outcomeOf(run: RunState, verdict: ReturnType<typeof verdictOf>['verdict']): string {
  const { outcomes } = run.plan;
  switch (verdict) {
    case 'PASS':
      return run.operation === 'deploy'
        ? outcomes.pass
        : `${run.operation} of ${run.subjectRun ?? run.plan.name}: PASS`;
    case 'FAILED':
      return outcomes.failed;
    case 'BLOCKED':
      return outcomes.blocked;
    default:
      return `${outcomes.inconclusive} (${verdict})`;
  }
}

function append(event: NewEvent): Decision {
  return { act: 'append', events: [event] };
}
