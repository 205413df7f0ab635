// Whether what a run put on its live paths is still what the ledger says is live there; else which run overtook it or took it
// back, and what to type instead. Pure.
import type { PlanGate } from '../plan/schema-gates.ts';
import type { PlanTarget } from '../plan/schema-places.ts';
import { targetOf } from '../plan/sections.ts';
import { chooseAnchors, promotesToTakeBack } from './choose-anchor.ts';
import type { Reason } from './gate-result.ts';
import { changesAt, isLive, type LiveChange, placeOf } from './live-history.ts';
import { observationOf } from './observation.ts';
import type { RunState } from './state.ts';
import { sameTarget } from './target.ts';

export interface Overtaken {
  readonly target: PlanTarget;
  readonly by: LiveChange;
}

/** By the last change of a live path that this run may have changed. Null while all hold its trees, or nobody has touched them since. */
export function overtakenOn(
  operation: 'rollback' | 'verify',
  run: RunState,
  runs: readonly RunState[],
): Overtaken | null {
  const promotes =
    operation === 'rollback'
      ? promotesToTakeBack(run)
      : run.gates.filter(({ gate, status }) => gate.kind === 'promote' && status === 'pass');
  for (const { gate } of promotes) {
    const target = targetOf(run.plan, gate);
    const by = target && laterChange(run, gate, changesAt(runs, placeOf(run.plan, target)));
    if (target && by) return { target, by };
  }
  return null;
}

function laterChange(run: RunState, { target }: PlanGate, changes: readonly LiveChange[]): LiveChange | null {
  const last = changes.at(-1);
  const own = changes.findLast(({ runId, kind }) => runId === run.runId && kind === 'promoted');
  if (!last || last === own || last.at < (own?.at ?? run.requestedAt)) return null;
  if (last.runId === run.runId) {
    // What somebody put there by hand is for the look at the host to judge.
    const tookBack = run.gates.some(
      ({ gate, attempt }) => gate.kind === 'rollback' && attempt > 0 && gate.target === target,
    );
    const { live = 'anchor' } = observationOf(run, target === undefined ? {} : { target }) ?? {};
    if (tookBack && live === 'anchor') return last;
    return changes.findLast(({ runId, at }) => own && runId !== run.runId && at > own.at) ?? null;
  }
  return own && last.tree === own.tree ? null : last;
}

/** One sentence why the run is live no more, and one with what works now. */
export function sayOvertaken(
  operation: 'rollback' | 'verify',
  { runId, plan }: RunState,
  { target, by }: Overtaken,
  runs: readonly RunState[],
): Reason {
  const where = `${target.livePath} on ${target.host}`;
  const what =
    by.kind === 'promoted'
      ? `Run ${by.runId} has replaced what run ${runId} promoted to ${where} (at ${by.at})`
      : by.runId === runId
        ? `Run ${runId} has itself taken back what it promoted to ${where} (at ${by.at})`
        : `Run ${by.runId} has taken back what was live at ${where} (at ${by.at}), and run ${runId} is live there no more`;
  const next = runs.find(
    (each) =>
      sameTarget(each.plan, plan) && (operation === 'rollback' ? canBeTakenBack : canBeVerified)(each, runs),
  );
  const advice = next
    ? `what is live now is of run ${next.runId}: type /${operation} ${next.runId}`
    : `no run that is live there can be ${operation === 'rollback' ? 'taken back' : 'verified'} now; /runs ${plan.name} lists the runs`;
  return { code: 'not-live', text: `${what}; ${advice}.` };
}

function canBeTakenBack(run: RunState, runs: readonly RunState[]): boolean {
  return (
    run.finished !== null &&
    run.operation === 'deploy' &&
    promotesToTakeBack(run).length > 0 &&
    overtakenOn('rollback', run, runs) === null &&
    chooseAnchors(run, runs).ok
  );
}

function canBeVerified(run: RunState, runs: readonly RunState[]): boolean {
  return run.finished !== null && isLive(run, runs);
}
