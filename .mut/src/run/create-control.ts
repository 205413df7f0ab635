// The control plane's answers to people: starts runs, judges votes, aborts, turns the switch. Every answer is in the ledger
// before it is given, and every question passes the gatekeeper.
import { type Act, authorize, type Scene } from '../approval/authorize.ts';
import type { Identity } from '../approval/identity.ts';
import type { SecondFactor } from '../approval/second-factor.ts';
import type { Plan } from '../plan/schema.ts';
import { keyOf } from '../plan/schema-gates.ts';
import { beginRun } from './begin-run.ts';
import type { Answer, Asker, FlipWish, Publication, RunControl, RunRequest, Vote } from './control.ts';
import type { Coordinator } from './coordinator.ts';
import type { EventData, NewEvent } from './events.ts';
import type { Reason } from './gate-result.ts';
import { createGatekeeper, type GatekeeperParts } from './gatekeeper.ts';
import { judgeRuling, type RulingWish, redactedWish } from './judge-ruling.ts';
import { type JudgedVote, judgeVote } from './judge-vote.ts';
import { type LineageView, openLineages } from './lineages.ts';
import { looksInVain } from './observation.ts';
import { overrideFreeze } from './override-freeze.ts';
import type { LedgerPort } from './ports.ts';
import { refuse } from './refuse.ts';
import { reviewConsents } from './review-consents.ts';
import type { RunState } from './state.ts';
import { controlStream, type Flip } from './switch.ts';
import type { Switchboard } from './switchboard.ts';
import { holdsTarget, locksOf } from './target.ts';
import { turnSwitch } from './turn-switch.ts';

export interface ControlParts extends Omit<GatekeeperParts, 'switchboard'> {
  readonly coordinator: Coordinator;
  readonly ledger: LedgerPort;
  readonly switchboard: Switchboard;
  readonly findPlan: (name: string) => Promise<Plan>;
  readonly plans: () => Promise<Plan[]>;
  /** Who may turn the switch for all plans; the rest of the policy says nothing. */
  readonly installation: () => Promise<Plan['approval']>;
  /** What the control plane sees of itself when a run is asked for. */
  readonly survey: (plan: Plan) => Promise<EventData<'run.requested'>['control']>;
  /** Judges a code of an authenticator app; a code that was right is used up by this. */
  readonly secondFactor: (userId: string, code: string) => Promise<SecondFactor>;
  /** Takes every credential out of a text that is going to be kept or shown. */
  readonly redact: (text: string) => string;
  /** Publishes the package of a finished run. */
  readonly publish: (run: RunState) => Promise<Answer<Publication>>;
  /** Tells workers that nothing of this run is permitted any more. */
  readonly onUnlocked: (run: RunState) => Promise<void>;
}

/** The control plane as people use it, and what the coordinator asks before a point of no return. */
export function createControl(
  parts: ControlParts,
): RunControl & { reviewConsents(runId: string): Promise<void> } {
  const { coordinator, ledger, switchboard, redact } = parts;
  const gatekeeper = createGatekeeper(parts);
  const lineages = openLineages(ledger);

  /** A finished run's stream is closed: only a ruling, which passes here, still changes its state. */
  const finished = new Map<string, RunState>();
  const mostFinished = 500;

  async function recent(limit: number): Promise<RunState[]> {
    const streams = await ledger.streams({ limit: limit + 1 });
    const runs = await Promise.all(
      streams.filter(({ stream }) => stream !== controlStream).map(({ stream }) => state(stream)),
    );
    return runs.filter((run) => run !== null).slice(0, limit);
  }

  /** However old: an open run holds its target. */
  async function openRuns(): Promise<RunState[]> {
    const streams = await ledger.streams({ openOnly: true, limit: 10_000 });
    const runs = await Promise.all(streams.map(({ stream }) => state(stream)));
    return runs.filter((run) => run !== null);
  }

  async function state(runId: string): Promise<RunState | null> {
    if (runId === controlStream) return null;
    const known = finished.get(runId);
    if (known) return known;
    const run = await coordinator.state(runId);
    if (run?.finished) finished.set(runId, run);
    const [oldest] = finished.keys();
    if (finished.size > mostFinished && oldest !== undefined) finished.delete(oldest);
    return run;
  }

  /** One request at a time: two that came together must not both find the target free. */
  let requests: Promise<unknown> = Promise.resolve();
  function request(wish: RunRequest): Promise<Answer<{ runId: string }>> {
    const answer = requests.then(async () => {
      const begun = await beginRun(wish, { ...parts, gatekeeper, lineages, state, recent, openRuns });
      if (begun.ok) void coordinator.advance(begun.value.runId);
      return begun;
    });
    requests = answer.catch(() => undefined);
    return answer;
  }

  async function vote(cast: Vote): Promise<Answer<{ counted: boolean; refusal: Reason | null }>> {
    const before = await state(cast.runId);
    if (!before?.approval) return refuse('no-approval', 'This run asks for no approval.');
    const asker = { id: cast.voterId, name: cast.voterId, channel: cast.channel };
    const { actor, scene } = await gatekeeper.facts(asker, before.plan);
    if (actor.kind !== 'person') throw new RangeError(`expected a person to vote, got ${actor.kind}`);
    const { identity } = actor;
    const secondFactor = await judgeCode(before, cast, identity, scene);
    let judged: JudgedVote = { events: [], answer: { counted: false, refusal: null } };
    await coordinator.record(cast.runId, (run) => {
      judged = judgeVote(run, cast, identity, { ...scene, secondFactor });
      return judged.events;
    });
    // A sweep before a point of no return votes too: were the run moved on for nothing, it would sweep again, without end.
    if (judged.events.length > 0) void coordinator.advance(cast.runId);
    return { ok: true, value: judged.answer };
  }

  /** What came of the code that was typed. Whoever could not consent with a right one keeps theirs: a code is good once. */
  async function judgeCode(
    run: RunState,
    cast: Vote,
    identity: Identity,
    scene: Omit<Scene, 'run'>,
  ): Promise<SecondFactor> {
    if (cast.code === undefined || run.plan.approval.secondFactor === 'none') return 'missing';
    const { events, answer } = judgeVote(run, cast, identity, { ...scene, secondFactor: 'valid' });
    return events.length > 0 && answer.counted ? parts.secondFactor(cast.voterId, cast.code) : 'missing';
  }

  /** One act on one run: authorised on fresh state, recorded, and the run moved on. */
  async function actOn(
    runId: string,
    by: Asker,
    act: Act,
    judge: (run: RunState) => readonly NewEvent[],
  ): Promise<Answer<null>> {
    const run = await state(runId);
    if (!run) return unknownRun(runId);
    const authority = await gatekeeper.ask(by, act, { plan: run.plan, run });
    if (!authority.allowed) return { ok: false, refusal: authority.refusal };
    const after = await coordinator.record(runId, (fresh) => (fresh.finished ? [] : judge(fresh)));
    if (act === 'unlock') await parts.onUnlocked(after);
    void coordinator.advance(runId);
    return { ok: true, value: null };
  }

  const abort = (runId: string, by: Asker, reason: string) =>
    actOn(runId, by, 'abort', (run) => {
      const data = { by: personOf(by), reason: redact(reason) };
      const inVain = looksInVain(run).map(({ gate }) => keyOf(gate));
      return [
        ...(run.aborted ? [] : [{ type: 'run.aborted', data } as const]),
        // Whoever aborts a run that cannot see its host ends it without knowing what is live.
        ...(inVain.length > 0 ? [{ type: 'look.given-up', data: { ...data, looks: inVain } } as const] : []),
      ];
    });

  const unlock = (runId: string, by: Asker, reason: string) =>
    actOn(runId, by, 'unlock', (run) =>
      run.lockBroken ? [] : [{ type: 'lock.broken', data: { by: personOf(by), reason: redact(reason) } }],
    );

  async function rule(runId: string, by: Asker, given: RulingWish): Promise<Answer<null>> {
    const run = await state(runId);
    if (!run) return unknownRun(runId);
    const { actor, scene } = await gatekeeper.facts(by, run.plan);
    const authority = authorize(actor, 'rule', { ...scene, run });
    if (!authority.allowed) return { ok: false, refusal: authority.refusal };
    // As the workspace calls them: a reaction brings an id alone.
    const person = actor.kind === 'person' ? personOf({ ...by, name: actor.identity.name }) : personOf(by);
    const wish = redactedWish(given, redact);
    const [lineage] = await gaps(run.plan.lineage);
    let refusal: Reason | null = null;
    const after = await coordinator.record(runId, (fresh) => {
      const judged = judgeRuling(fresh, wish, person, lineage?.gaps ?? []);
      refusal = judged.refusal;
      return judged.events;
    });
    // The one thing by which a finished run changes.
    finished.set(runId, after);
    void coordinator.advance(runId);
    return refusal ? { ok: false, refusal } : { ok: true, value: null };
  }

  async function gaps(lineage: string | null): Promise<LineageView[]> {
    const all = await lineages.all();
    return lineage === null ? all : all.filter((each) => each.lineage === lineage);
  }

  async function publish(runId: string, by: Asker): Promise<Answer<Publication>> {
    const run = await state(runId);
    if (!run) return unknownRun(runId);
    const authority = await gatekeeper.ask(by, 'publish', { plan: run.plan, run });
    return authority.allowed ? parts.publish(run) : { ok: false, refusal: authority.refusal };
  }

  async function flip(wish: FlipWish, by: Asker): Promise<Answer<Flip>> {
    const turned = await turnSwitch({ ...wish, reason: redact(wish.reason) }, by, { ...parts, gatekeeper });
    // What the ladder demands of open runs follows from the switch; this only makes it happen at once.
    if (turned.ok) for (const { runId } of await openRuns()) void coordinator.advance(runId);
    return turned;
  }

  return {
    request,
    vote,
    abort,
    publish,
    rule,
    gaps,
    unlock,
    overrideFreeze: (runId, by, reason) =>
      actOn(runId, by, 'override-freeze', (run) =>
        overrideFreeze(run, personOf(by), redact(reason), parts.now()),
      ),
    locks: async () => (await openRuns()).filter(holdsTarget).flatMap(locksOf),
    flip,
    switchView: (plan) => switchboard.forPlan(plan ?? ''),
    recent,
    run: state,
    plans: async () => (await parts.plans()).map(({ name, title }) => ({ name, title })),
    reviewConsents: (runId) => reviewConsents(runId, { coordinator, gatekeeper }),
  };
}

function personOf({ id, name }: Asker): { id: string; name: string } {
  return { id, name };
}

function unknownRun<T>(runId: string): Answer<T> {
  return refuse('unknown-run', `There is no run ${JSON.stringify(runId)}; /runs lists them.`);
}
