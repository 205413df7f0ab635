// From what somebody typed to the plan, and for verify and rollback to the run that is meant.
import { PlanError } from '../plan/faults.ts';
import type { Plan } from '../plan/schema.ts';
import { promotesToTakeBack } from './choose-anchor.ts';
import type { Answer, RunRequest } from './control.ts';
import { sayLive } from './ending.ts';
import { isLive } from './live-history.ts';
import { observationsOf } from './observation.ts';
import { overtakenOn, sayOvertaken } from './overtaken.ts';
import { refuse } from './refuse.ts';
import type { RunState } from './state.ts';
import { liveOnAllOf } from './take-back.ts';
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

/**
 * The plan that is named; for verify and rollback the plan of the run that is named. For the name of a plan, verify takes the
 * run of it that is live, and rollback the run that is live where that plan, which must be a rollback, takes back.
 */
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
    return planToDeploy(subject, parts);
  }
  if (operation === 'tidy')
    return run ? { ok: true, value: { plan: run.plan, run } } : loadPlan(subject, parts);
  if (operation === 'verify') {
    if (!run) return liveRunOf(subject, parts);
    return wentLive(run)
      ? ifStillLive(operation, run, parts)
      : refuse('nothing-promoted', whyNothingToVerify(run));
  }
  if (!run) return planToRollBack(subject, parts);
  return run.operation === 'deploy' && promotesToTakeBack(run).length > 0
    ? ifStillLive(operation, run, parts)
    : refuse('nothing-promoted', whyNothingToTakeBack(run));
}

/** A run that another has replaced or taken back is none to act on: what is live is another's. */
async function ifStillLive(
  operation: 'rollback' | 'verify',
  run: RunState,
  parts: ResolverParts,
): Promise<Answer<Resolved>> {
  const recent = await parts.recent(200);
  const runs = recent.some(({ runId }) => runId === run.runId) ? recent : [...recent, run];
  const overtaken = overtakenOn(operation, run, runs);
  return overtaken
    ? { ok: false, refusal: sayOvertaken(operation, run, overtaken, runs) }
    : { ok: true, value: { plan: run.plan, run } };
}

function whyNothingToTakeBack(run: RunState): string {
  if (run.operation !== 'deploy')
    return `Run ${run.runId} is a ${run.operation}, and promoted nothing; /runs ${run.plan.name} lists the runs.`;
  if (run.mode === 'DRYRUN')
    return `Run ${run.runId} was a dry run, and changed nothing; /deploy ${run.plan.name} deploys.`;
  const seen = observationsOf(run);
  return seen.length > 0
    ? `There is nothing of run ${run.runId} to take back: ${seen.map(sayLive).join('; ')}.`
    : `Run ${run.runId} promoted nothing, so there is nothing to roll back.`;
}

async function planToDeploy(name: string, parts: ResolverParts): Promise<Answer<Resolved>> {
  const found = await loadPlan(name, parts);
  return found.ok && found.value.plan.operation === 'rollback'
    ? refuse('not-a-deploy', `The plan ${name} is a rollback; type /rollback ${name}.`)
    : found;
}

/** A run that was rolled back, or that another has replaced, is not what there is to verify. */
async function liveRunOf(name: string, parts: ResolverParts): Promise<Answer<Resolved>> {
  const plan = await loadPlan(name, parts);
  if (!plan.ok) return plan;
  const recent = await parts.recent(200);
  const runs = recent.filter((each) => each.plan.name === plan.value.plan.name && wentLive(each));
  const live = runs.find((each) => isLive(each, recent));
  if (live) return { ok: true, value: { plan: live.plan, run: live } };
  const [last] = runs;
  // Where somebody changed the host by hand, the run is the one to look with.
  return last
    ? ifStillLive('verify', last, parts)
    : refuse(
        'nothing-promoted',
        `No run of ${name} has promoted anything yet, so there is nothing to verify.`,
      );
}

async function planToRollBack(name: string, parts: ResolverParts): Promise<Answer<Resolved>> {
  const found = await loadPlan(name, parts);
  if (!found.ok)
    return found.refusal.code === 'plan-not-found'
      ? refuse(
          'unknown-run',
          `There is no run ${JSON.stringify(name)}. /runs lists the runs; /rollback takes the id of one, or the name of a plan that is a rollback.`,
        )
      : found;
  const { plan } = found.value;
  if (plan.operation !== 'rollback')
    return refuse(
      'not-a-rollback',
      `The plan ${name} is a deploy. /rollback takes the id of a run, which /runs ${name} lists, or the name of a plan whose operation is rollback.`,
    );
  const run = liveOnAllOf(plan, await parts.recent(200));
  return run
    ? { ok: true, value: { plan, run } }
    : refuse(
        'nothing-promoted',
        `No run is live on what the plan ${name} takes back, so there is nothing to roll back.`,
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

function whyNothingToVerify(run: RunState): string {
  return promotesToTakeBack(run).length > 0
    ? `The promote of run ${run.runId} was cut off, so what is live is not known. Look at the host first; /rollback ${run.runId} does, and says how far it had come before it asks for anything.`
    : `Run ${run.runId} promoted nothing, so there is nothing to verify.`;
}
