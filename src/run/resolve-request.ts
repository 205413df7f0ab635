// From what somebody typed to the plan, and for verify and rollback to the run that is meant.
import { PlanError } from '../plan/faults.ts';
import type { Plan } from '../plan/schema.ts';
import type { Answer, RunRequest } from './control.ts';
import { refuse } from './refuse.ts';
import type { RunState } from './state.ts';
import { wentLive } from './target.ts';

export interface Resolved {
  readonly plan: Plan;
  readonly run: RunState | null;
}

export interface ResolverParts {
  readonly findPlan: (name: string) => Promise<Plan>;
  readonly state: (runId: string) => Promise<RunState | null>;
  readonly recent: (limit: number) => Promise<RunState[]>;
  readonly redact: (text: string) => string;
}

/** The plan that is named; for verify and rollback the plan of the run that is named, or the plan's last that went live. */
export async function resolveRequest(
  { operation, subject }: Pick<RunRequest, 'operation' | 'subject'>,
  parts: ResolverParts,
): Promise<Answer<Resolved>> {
  const run = await parts.state(subject);
  if (operation === 'deploy') {
    if (run)
      return refuse(
        'not-a-plan',
        `${subject} is a run; /deploy takes the name of a plan, such as ${run.plan.name}.`,
      );
    return loadPlan(subject, parts);
  }
  if (run)
    return wentLive(run)
      ? { ok: true, value: { plan: run.plan, run } }
      : refuse('nothing-promoted', whyNothingTo(operation, run));
  if (operation === 'rollback')
    return refuse(
      'unknown-run',
      `There is no run ${JSON.stringify(subject)}. /runs lists the runs; /rollback takes the id of one.`,
    );
  return lastOf(subject, parts);
}

async function lastOf(name: string, parts: ResolverParts): Promise<Answer<Resolved>> {
  const plan = await loadPlan(name, parts);
  if (!plan.ok) return plan;
  const last = (await parts.recent(200)).find(
    (each) => each.plan.name === plan.value.plan.name && wentLive(each),
  );
  return last
    ? { ok: true, value: { plan: last.plan, run: last } }
    : refuse(
        'nothing-promoted',
        `No run of ${name} has promoted anything yet, so there is nothing to verify.`,
      );
}

async function loadPlan(name: string, { findPlan, redact }: ResolverParts): Promise<Answer<Resolved>> {
  try {
    return { ok: true, value: { plan: await findPlan(name), run: null } };
  } catch (error) {
    if (error instanceof PlanError) return refuse(`plan-${error.code}`, redact(error.message));
    throw error;
  }
}

function whyNothingTo(operation: string, { runId, gates }: RunState): string {
  const promote = gates.find(({ gate }) => gate.kind === 'promote');
  return promote?.status === 'inconclusive'
    ? `The promote of run ${runId} was cut off, so what is live is not known. Look at the host first; the way back is in the file "rollback commands" of its thread.`
    : `Run ${runId} promoted nothing, so there is nothing to ${operation}.`;
}
