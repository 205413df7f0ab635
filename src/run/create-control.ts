// The control plane's answers to people: starts runs, judges votes, aborts. Every answer is in the ledger before it is given.
import { randomInt } from 'node:crypto';
import type { Identity } from '../approval/policy.ts';
import { planDigest } from '../plan/digest.ts';
import { PlanError } from '../plan/faults.ts';
import { placesOfSecrets } from '../plan/find-secrets.ts';
import type { Plan } from '../plan/schema.ts';
import type { Json } from '../plan/schema-scalars.ts';
import { admitRequest } from './admit-request.ts';
import type { Answer, Publication, RunControl, RunRequest, Vote } from './control.ts';
import type { Coordinator } from './coordinator.ts';
import type { EventData } from './events.ts';
import type { Reason } from './gate-result.ts';
import { judgeVote } from './judge-vote.ts';
import type { LedgerPort } from './ports.ts';
import { factsOf, gateState, type RunState } from './state.ts';

export interface ControlParts {
  readonly coordinator: Coordinator;
  readonly ledger: LedgerPort;
  readonly findPlan: (name: string) => Promise<Plan>;
  readonly plans: () => Promise<{ name: string; title: string }[]>;
  readonly identify: (userId: string) => Promise<Identity>;
  /** What the control plane sees of itself when a run is asked for. */
  readonly survey: (plan: Plan) => Promise<EventData<'run.requested'>['control']>;
  /** Takes every credential out of a text that is going to be kept or shown. */
  readonly redact: (text: string) => string;
  /** Publishes the package of a finished run. */
  readonly publish: (run: RunState) => Promise<Answer<Publication>>;
}

/** Ledger stream of the control plane itself; every other stream is a run. */
export const controlStream = 'control';

export function createControl(parts: ControlParts): RunControl {
  const { coordinator, ledger } = parts;

  async function recent(limit: number): Promise<RunState[]> {
    const streams = await ledger.streams({ limit: limit + 1 });
    const runs = await Promise.all(
      streams.filter(({ stream }) => stream !== controlStream).map(({ stream }) => coordinator.state(stream)),
    );
    return runs.filter((run) => run !== null).slice(0, limit);
  }

  /** One request at a time: two that came together must not both find the target free. */
  let requests: Promise<unknown> = Promise.resolve();
  function request(wish: RunRequest): Promise<Answer<{ runId: string }>> {
    const answer = requests.then(() => judgeRequest(wish));
    requests = answer.catch(() => undefined);
    return answer;
  }

  async function judgeRequest(wish: RunRequest): Promise<Answer<{ runId: string }>> {
    const subject = await resolveSubject(wish);
    if (!subject.ok) return subject;
    const { plan, run } = subject.value;
    const refusal = admitRequest(plan, wish) ?? holdsSecret(plan);
    if (refusal) return { ok: false, refusal };
    const onTarget = (await recent(200)).filter((each) => sameTarget(each.plan, plan));
    const inTheWay = busy(onTarget, wish);
    if (inTheWay) return { ok: false, refusal: inTheWay };
    const runId = `${plan.name}-${randomId()}`;
    const data: EventData<'run.requested'> = {
      plan,
      planDigest: planDigest(plan),
      mode: wish.dryRun ? 'DRYRUN' : plan.mode,
      operation: wish.operation,
      requester: wish.requester,
      channel: wish.channel,
      subjectRun: run?.runId ?? null,
      subjectFacts: run ? factsOf(run) : {},
      previous: await previousOf(onTarget),
      control: await parts.survey(plan),
    };
    await ledger.append(runId, 0, [{ type: 'run.requested', data: data as unknown as Json }], {
      label: plan.name,
    });
    void coordinator.advance(runId);
    return { ok: true, value: { runId } };
  }

  /** The plan, and for verify and rollback the run that is meant: the one named, or the plan's last that went live. */
  async function resolveSubject({
    operation,
    subject,
  }: RunRequest): Promise<Answer<{ plan: Plan; run: RunState | null }>> {
    const run = await coordinator.state(subject);
    if (operation === 'deploy') {
      if (run)
        return refuse(
          'not-a-plan',
          `${subject} is a run; /deploy takes the name of a plan, such as ${run.plan.name}.`,
        );
      return loadPlan(subject);
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
    const plan = await loadPlan(subject);
    if (!plan.ok) return plan;
    const last = (await recent(200)).find(
      (each) => each.plan.name === plan.value.plan.name && each.operation === 'deploy' && wentLive(each),
    );
    return last
      ? { ok: true, value: { plan: last.plan, run: last } }
      : refuse(
          'nothing-promoted',
          `No run of ${subject} has promoted anything yet, so there is nothing to verify.`,
        );
  }

  async function loadPlan(name: string): Promise<Answer<{ plan: Plan; run: null }>> {
    try {
      return { ok: true, value: { plan: await parts.findPlan(name), run: null } };
    } catch (error) {
      if (error instanceof PlanError) return refuse(`plan-${error.code}`, parts.redact(error.message));
      throw error;
    }
  }

  /** The ledger holds the plan as it is, and everybody can read it there. */
  function holdsSecret(plan: Plan): Reason | null {
    const places = placesOfSecrets(plan, parts.redact).map((path) => parts.redact(path.join('/')));
    return places.length === 0
      ? null
      : {
          code: 'plan-holds-secret',
          text: `The plan ${plan.name} holds a credential at ${places.join(', ')}. Take it out, and change it wherever it is used; a plan names secrets by their name in the configuration.`,
        };
  }

  /** The last run on the same target, and where its ledger ends. */
  async function previousOf(onTarget: readonly RunState[]): Promise<EventData<'run.requested'>['previous']> {
    const [last] = onTarget;
    const rows = last ? await ledger.read(last.runId) : [];
    const head = rows.at(-1)?.hash;
    return last && head ? { run: last.runId, head } : null;
  }

  async function vote(cast: Vote): Promise<Answer<{ counted: boolean; refusal: Reason | null }>> {
    const before = await coordinator.state(cast.runId);
    if (!before?.approval) return refuse('no-approval', 'This run asks for no approval.');
    const identity = await parts.identify(cast.voterId);
    let answer = { counted: false, refusal: null as Reason | null };
    await coordinator.record(cast.runId, (run) => {
      const judged = judgeVote(run, cast, identity);
      answer = judged.answer;
      return judged.events;
    });
    void coordinator.advance(cast.runId);
    return { ok: true, value: answer };
  }

  async function abort(
    runId: string,
    by: { id: string; name: string },
    reason: string,
  ): Promise<Answer<null>> {
    const run = await coordinator.state(runId);
    if (!run) return refuse('unknown-run', `There is no run ${JSON.stringify(runId)}; /runs lists them.`);
    if (run.finished) return refuse('finished', `Run ${runId} is finished (${run.finished.verdict}).`);
    if (!run.plan.approval.requesters.includes(by.id))
      return refuse(
        'not-a-requester',
        `${by.name} may not abort runs of ${run.plan.name}; its requesters may.`,
      );
    await coordinator.record(runId, (fresh) =>
      fresh.finished || fresh.aborted
        ? []
        : [{ type: 'run.aborted', data: { by, reason: parts.redact(reason) } }],
    );
    void coordinator.advance(runId);
    return { ok: true, value: null };
  }

  async function publish(runId: string, by: { id: string; name: string }): Promise<Answer<Publication>> {
    const run = await coordinator.state(runId);
    if (!run) return refuse('unknown-run', `There is no run ${JSON.stringify(runId)}; /runs lists them.`);
    if (!run.plan.approval.requesters.includes(by.id))
      return refuse(
        'not-a-requester',
        `${by.name} may not publish runs of ${run.plan.name}; its requesters may.`,
      );
    if (!run.finished)
      return refuse('not-finished', `Run ${runId} is not finished; its report is published when it ends.`);
    return parts.publish(run);
  }

  return { request, vote, abort, publish, recent, run: coordinator.state, plans: parts.plans };
}

/** One mutating run a target at a time: two would void each other's evidence. */
function busy(onTarget: readonly RunState[], { operation }: RunRequest): Reason | null {
  if (operation === 'verify') return null;
  const other = onTarget.find((each) => !each.finished && each.operation !== 'verify');
  return other
    ? {
        code: 'target-busy',
        text: `Run ${other.runId}, asked for by ${other.requester.name}, is open on the same target. Wait for it, or end it with /runs abort ${other.runId}.`,
      }
    : null;
}

function whyNothingTo(operation: string, { runId, gates }: RunState): string {
  const promote = gates.find(({ gate }) => gate.kind === 'promote');
  return promote?.status === 'inconclusive'
    ? `The promote of run ${runId} was cut off, so what is live is not known. Look at the host first; the way back is in the file "rollback commands" of its thread.`
    : `Run ${runId} promoted nothing, so there is nothing to ${operation}.`;
}

function wentLive(run: RunState): boolean {
  return (
    run.operation === 'deploy' &&
    run.gates.some(({ gate }) => gate.kind === 'promote') &&
    gateState(run, 'promote').status === 'pass'
  );
}

function sameTarget(a: Plan, b: Plan): boolean {
  const host = (plan: Plan) => plan.hosts[plan.target.host]?.address;
  return (
    host(a) === host(b) &&
    a.hosts[a.target.host]?.port === b.hosts[b.target.host]?.port &&
    a.target.livePath === b.target.livePath
  );
}

function refuse(code: string, text: string): { ok: false; refusal: Reason } {
  return { ok: false, refusal: { code, text } };
}

/** Six characters without look-alikes: about 30 bits, enough for the runs of one installation. */
function randomId(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  return Array.from({ length: 6 }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}
