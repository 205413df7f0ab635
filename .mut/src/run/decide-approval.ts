// What comes next where an approval is needed: asking, waiting, looking once more, and the point of no return. Pure.

import { assignGroups, quorumReached } from '../approval/policy.ts';
import { keyOf } from '../plan/schema-gates.ts';
import type { ApprovalState } from './approval-state.ts';
import { approvalSubject, digestOfSubject, driftBetween } from './approval-subject.ts';
import { append, type Decision, queueGate } from './decision.ts';
import type { Reason } from './gate-result.ts';
import { freezesInForce } from './override-freeze.ts';
import type { GateState, RunState } from './state.ts';

/** ms for which a look at the world is fresh enough to act on. */
const freshMs = 120_000;

/** ms by which a clock may be set back in the ordinary course of things. */
const clockStepMs = 60_000;

/** `next` is the drift gate or the gate that the approval permits. */
export function decideApproval(
  run: RunState,
  next: GateState,
  now: number,
  withheld: Reason | null,
): Decision {
  const { approval } = run;
  const isOpen = approval?.status === 'waiting' || approval?.status === 'granted';
  // Before anything takes the request back: a rejection ends the run, and would be forgotten with the request.
  if (approval?.rejectedBy && isOpen)
    return append({ type: 'approval.rejected', data: { digest: approval.digest, by: approval.rejectedBy } });
  if (approval && isOpen && withheld && run.pointOfNoReturn === null)
    return append({
      type: 'approval.voided',
      data: { digest: approval.digest, reason: withheld, drift: [] },
    });
  if (approval === null || approval.status === 'voided') return withheld ? hold(run, now) : ask(run, now);
  switch (approval.status) {
    case 'waiting':
      return awaitVotes(run, approval, now);
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
    case 'granted':
      // The point of no return is on record before the job exists, so a later withdrawal cannot race with it.
      return run.pointOfNoReturn === null ? useApproval(run, approval, next, now) : queueGate(run, next);
  }
}

function ask(run: RunState, now: number): Decision {
  const subject = approvalSubject(run);
  const expiresAt = new Date(now + run.plan.approval.expiresAfterMinutes * 60_000).toISOString();
  return append({
    type: 'approval.requested',
    data: { digest: digestOfSubject(subject), subject, expiresAt },
  });
}

function awaitVotes(
  { plan }: RunState,
  { digest, approvals, expiresAt }: ApprovalState,
  now: number,
): Decision {
  if (now >= Date.parse(expiresAt)) return append({ type: 'approval.expired', data: { digest } });
  if (quorumReached(plan.approval, approvals))
    return append({
      type: 'approval.granted',
      data: { digest, approvals: assignGroups(plan.approval, approvals) },
    });
  return { act: 'await-votes', until: expiresAt };
}

/** A granted approval is used only for what it was given for, at a time at which something may go live. */
function useApproval(
  run: RunState,
  { digest, expiresAt, subject }: ApprovalState,
  next: GateState,
  now: number,
): Decision {
  if (now >= Date.parse(expiresAt)) return append({ type: 'approval.expired', data: { digest } });
  const freeze = freezeOf(run, now);
  if (freeze) return { act: 'await-votes', until: freeze.until };
  // A decision changes nothing, so nothing is looked at once more for it.
  if (next.gate.kind !== 'decide') {
    const looks = run.gates.filter(({ gate }) => gate.kind === 'drift');
    if (looks.length === 0)
      throw new RangeError(`run ${run.runId}: expected a drift gate before ${keyOf(next.gate)}, got none`);
    const stale = looks.find((look) => !isFresh(look, now, looks.length));
    if (stale) return queueGate(run, stale);
  }
  const found = driftBetween(subject, approvalSubject(run));
  if (found.length > 0) {
    const what = found.map(({ name, before, after }) => `${name}: ${before} → ${after}`).join('; ');
    const text = `Since it was shown, this has changed: ${what}. The consents are void; the run asks anew.`;
    return append({
      type: 'approval.voided',
      data: { digest, reason: { code: 'drift', text }, drift: found },
    });
  }
  return append({ type: 'point-of-no-return', data: { gate: keyOf(next.gate), digest } });
}

/**
 * Whether what was looked at may be acted on. It was looked at after it was asked for, by the clock of this machine: that of the
 * worker may be another. Many targets are looked at one after the other. One from the future was written before the clock was
 * set back.
 */
function isFresh({ status, queuedAt, finishedAt }: GateState, now: number, targets: number): boolean {
  const writtenAgo = now - Date.parse(finishedAt ?? '');
  const queuedAgo = now - Date.parse(queuedAt ?? '');
  return status === 'pass' && writtenAgo >= -clockStepMs && queuedAgo <= freshMs * targets;
}

/** The freeze that holds this run up, if there is one. The way back is never held up. */
export function freezeOf(run: RunState, now: number) {
  return run.operation === 'deploy' ? freezesInForce(run, now).at(0) : undefined;
}

function hold(run: RunState, now: number): Decision {
  return {
    act: 'await-votes',
    until: new Date(now + run.plan.approval.expiresAfterMinutes * 60_000).toISOString(),
  };
}

function skipAll(run: RunState, reason: Reason): Decision {
  const pending = run.gates.filter(({ status, gate }) => status === 'pending' && gate.kind !== 'report');
  return {
    act: 'append',
    events: pending.map(({ gate }) => ({ type: 'gate.skipped', data: { gate: keyOf(gate), reason } })),
  };
}
