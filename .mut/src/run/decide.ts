// What comes next in a run. Pure: no clock, no I/O; the coordinator acts on the answer.
import { keyOf, type PlanGate } from '../plan/schema-gates.ts';
import { decideApproval } from './decide-approval.ts';
import { append, type Decision, queueGate } from './decision.ts';
import { endingOf } from './ending.ts';
import type { Reason } from './gate-result.ts';
import { unmetNeed } from './needs.ts';
import { isGivenUp, owedLook } from './observation.ts';
import { type GateState, promotedGates, type RunState } from './state.ts';
import { type Ladder, noLadder } from './switch.ts';
import { cutOffGate, nextAttemptAt } from './try-again.ts';
import { asJudged, type JudgedGate, type Verdict } from './verdict.ts';

/** Decides the next move of a run at the instant `now` (ms since the epoch), under what the disable ladder demands. */
export function decide(run: RunState, now: number, ladder: Ladder = noLadder): Decision {
  if (run.finished) return { act: 'done' };
  if (ladder.void && run.mode === 'LIVE' && !run.aborted && run.operation !== 'verify' && !isReporting(run))
    return append({ type: 'run.aborted', data: ladder.void });
  const queued = [...run.gates, ...run.looks].find((each) => each.status === 'queued');
  if (queued) return awaitGate(run, queued);
  // What is live is looked at before anything is concluded from it, and before it is changed once more.
  const again = owedLook(run) ?? cutOffGate(run);
  if (again) return queueWhenDue(run, again, now);
  const next = run.gates.find((each) => each.status === 'pending');
  if (!next) return finish(run);
  const stop = stopReason(run);
  // Also when the last gate before the report is the one that failed.
  if (stop && goesBackByItself(run)) return beginRollback(run, stop);
  if (next.gate.kind === 'report') return queueGate(run, next);
  if (stop) return afterStop(run, next, stop);
  const unmet = unmetNeed(run, next.gate, false);
  if (unmet) return skip([next], unmet);
  if (needsApproval(run, next)) return decideApproval(run, next, now, ladder.withheld);
  return queueGate(run, next);
}

/** Everything is decided by then, and what is signed must not be followed by another ending. */
function isReporting({ gates }: RunState): boolean {
  return gates.some(({ gate, attempt }) => gate.kind === 'report' && attempt > 0);
}

function awaitGate(run: RunState, queued: GateState): Decision {
  const { kind } = queued.gate;
  const ended = kind === 'observe-live' && isGivenUp(run, queued) ? run.looksGivenUp.at(-1) : undefined;
  if (ended) {
    const { by, reason } = ended;
    return abandon(queued, {
      code: 'given-up',
      text: `${by.name} ended the run although what is live is not known: ${reason}`,
    });
  }
  if (run.lockBroken && kind !== 'report' && kind !== 'observe-live')
    return abandon(queued, lostLock(queued, run.lockBroken));
  return { act: 'await-gate', gate: queued, cancel: run.aborted !== null && cancellable(queued) };
}

function queueWhenDue(run: RunState, gate: GateState, now: number): Decision {
  const due = nextAttemptAt(run, gate);
  return now >= due ? queueGate(run, gate) : { act: 'await-time', until: new Date(due).toISOString() };
}

/** Why the remaining gates may not run, or null while they may. */
export function stopReason(run: RunState): Reason | null {
  if (run.lockBroken)
    return {
      code: 'lock-broken',
      text: `${run.lockBroken.by.name} took the target’s lock from this run: ${run.lockBroken.reason}`,
    };
  if (run.aborted)
    return { code: 'aborted', text: `${run.aborted.by.name} aborted the run: ${run.aborted.reason}` };
  const required = run.gates.filter(({ gate }) => gate.kind !== 'report' && !gate.supplementary);
  // One that was left out for what it needs stops the run too: what comes after it would stand on nothing.
  const stopped =
    required.find(({ status }) => isStop(status)) ??
    required.find(({ status, reason }) => status === 'not-run' && reason?.code === 'needs');
  if (stopped?.reason) {
    return {
      code: `after-${stopped.status}`,
      text: `Not run, since ${stopped.gate.id} ${stopped.gate.title} is ${stopped.status}: ${stopped.reason.text}`,
    };
  }
  return null;
}

/** An abort ends what goes forward, never the way back, the look at what is live, or the report on it. */
function cancellable({ gate }: GateState): boolean {
  return gate.kind !== 'report' && gate.kind !== 'rollback' && gate.kind !== 'observe-live';
}

/** Nobody waits for its answer any more. */
function abandon({ gate, attempt }: GateState, reason: Reason): Decision {
  return append({ type: 'gate.abandoned', data: { gate: keyOf(gate), attempt, reason } });
}

/** What the gate of a run that lost its lock did until then is not known. */
function lostLock({ gate }: GateState, { by, reason }: NonNullable<RunState['lockBroken']>): Reason {
  return {
    code: 'lock-broken',
    text: `${by.name} took the target’s lock from this run while ${gate.id} ${gate.title} was under way: ${reason}.`,
  };
}

function isStop(status: GateState['status']): boolean {
  return status === 'fail' || status === 'blocked' || status === 'inconclusive';
}

/** What could not be measured holds and asks a human; everything else that stops after promote brings the anchor back. */
function goesBackByItself(run: RunState): boolean {
  const unmeasured = run.gates.some(({ gate, status }) => !gate.supplementary && status === 'inconclusive');
  return (
    !unmeasured &&
    promotedGates(run).length > 0 &&
    run.rollback === null &&
    run.lockBroken === null &&
    run.plan.onFailureAfterPromote === 'rollback' &&
    !isReporting(run)
  );
}

function beginRollback(run: RunState, stop: Reason): Decision {
  const required = run.gates.filter(({ gate }) => !gate.supplementary);
  const reason = required.find(({ status, reason: why }) => isStop(status) && why !== null)?.reason ?? stop;
  return append({ type: 'rollback.begun', data: { trigger: 'automatic', reason } });
}

function afterStop(run: RunState, next: GateState, stop: Reason): Decision {
  const mayGoBack = run.rollback !== null && run.lockBroken === null;
  // Before anything that only looks: what is live is known to be wrong.
  const back = mayGoBack
    ? run.gates.find(({ gate, status }) => gate.kind === 'rollback' && status === 'pending')
    : undefined;
  if (back) return queueGate(run, back);
  const skipped = run.gates.filter(
    ({ status, gate }) => status === 'pending' && gate.kind !== 'report' && !runsAfterStop(run, gate),
  );
  // What is left only reads, and makes a stopped run useful.
  if (skipped.length === 0) return queueGate(run, next);
  const unmet = next.gate.supplementary ? unmetNeed(run, next.gate, true) : null;
  return unmet && !run.aborted && !run.lockBroken ? skip([next], unmet) : skip(skipped, stop);
}

/**
 * A run that people ended, or that lost its target, looks at nothing more. What a gate needs of one that has not ended is
 * still open: it is asked again then.
 */
function runsAfterStop(run: RunState, gate: PlanGate): boolean {
  if (!gate.supplementary || run.aborted || run.lockBroken) return false;
  const next = run.gates.find(({ status }) => status === 'pending')?.gate;
  return gate !== next || unmetNeed(run, gate, true) === null;
}

function skip(gates: readonly GateState[], reason: Reason): Decision {
  return {
    act: 'append',
    events: gates.map(({ gate }) => ({ type: 'gate.skipped', data: { gate: keyOf(gate), reason } })),
  };
}

function needsApproval(run: RunState, { gate }: GateState): boolean {
  // A dry run changes nothing, so there is nothing to consent to.
  if (run.mode === 'DRYRUN') return false;
  return (
    gate.kind === 'drift' ||
    gate.kind === 'promote' ||
    (gate.kind === 'decide' && gate.with.by === 'people') ||
    (gate.kind === 'rollback' && run.operation === 'rollback')
  );
}

function finish(run: RunState): Decision {
  const { verdict, reason } = endingOf(run, judgedGates(run));
  return append({ type: 'run.finished', data: { verdict, outcome: outcomeOf(run, verdict), reason } });
}

/** The gates as the verdict sees them; unfinished ones count as not run. */
export function judgedGates({ gates }: Pick<RunState, 'gates'>): JudgedGate[] {
  return gates.map(({ gate, status, reason }) =>
    asJudged(gate, status === 'pending' || status === 'queued' ? 'not-run' : status, reason),
  );
}

/** The plan's name for a verdict. */
export function outcomeOf(run: RunState, verdict: Verdict): string {
  const { outcomes } = run.plan;
  // A plan has words for what it delivers, and none for this.
  if (run.operation === 'tidy') return `tidy of ${run.subjectRun ?? run.plan.name}: ${verdict}`;
  switch (verdict) {
    case 'PASS':
      return run.operation === 'deploy' || run.plan.operation === 'rollback'
        ? outcomes.pass
        : `${run.operation} of ${run.subjectRun ?? run.plan.name}: PASS`;
    case 'PARTIAL':
      return outcomes.partial ?? `${outcomes.inconclusive} (${verdict})`;
    case 'FAILED':
      return outcomes.failed;
    case 'BLOCKED':
      return outcomes.blocked;
    default:
      return `${outcomes.inconclusive} (${verdict})`;
  }
}
