// The commit that stays on the branch although what it was made for is not live, or not yet. Pure.
import { keyOf } from '../plan/schema-gates.ts';
import { readFacts } from '../run/facts.ts';
import { subjectGatesOf } from '../run/facts-for.ts';
import { builtOf } from '../run/standing.ts';
import type { RunState } from '../run/state.ts';
import { whereThingsStand } from './where-things-stand.ts';

export interface CommitLeft {
  /** Null where this run's plan does not name it, as one that is a rollback. */
  readonly repository: string | null;
  readonly branch: string;
  readonly commit: string;
  /** Where the branch was before. */
  readonly baseline: string;
  /** The run that made it, and its plan. */
  readonly run: string;
  readonly plan: string;
}

/** Of a deploy its own commit; of a rollback that of the run that it took back. Null when there is none that is known. */
export function commitLeftBy(run: RunState): CommitLeft | null {
  const { plan, operation, mode } = run;
  if (mode === 'DRYRUN' || operation === 'verify') return null;
  const made = operation === 'deploy' ? ownCommit(run) : ofSubject(run);
  if (!made?.commit || !made.branch || !made.parent) return null;
  const repository =
    operation === 'rollback' && plan.operation === 'rollback' ? null : plan.source?.repository;
  const { commit, branch, parent: baseline } = made;
  const by = (operation === 'rollback' ? run.subjectRun : null) ?? run.runId;
  return { repository: repository ?? null, branch, commit, baseline, run: by, plan: plan.name };
}

function ownCommit(run: RunState) {
  return whereThingsStand(run).repository === 'committed' ? builtOf(run)[0] : undefined;
}

function ofSubject(run: RunState) {
  return subjectGatesOf(run)
    .filter(({ kind }) => kind === 'artifact')
    .map((gate) => readFacts('artifact', run.subjectFacts[keyOf(gate)]))
    .find(({ commit }) => commit !== undefined);
}
