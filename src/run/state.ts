// A run's state: the fold of its events.
import type { Plan } from '../plan/schema.ts';
import { keyOf, type PlanGate } from '../plan/schema-gates.ts';
import type { Json } from '../plan/schema-scalars.ts';
import type { AnchorChoice } from './anchor-choice.ts';
import { type ApprovalState, applyApproval } from './approval-state.ts';
import type { EventData, Person, RunEvent } from './events.ts';
import { readFacts } from './facts.ts';
import { type GateState, pendingGate, queued, resultsOf } from './gate-state.ts';
import { gateNamed, gatesOf, lookGates, rollbackGates } from './gates-of.ts';
import type { KnownPlace } from './known-place.ts';
import { changedLive } from './live-change.ts';
import { holdsCandidate, observationOf } from './observation.ts';

/** One ruling on a finished run. The last one holds; the earlier ones stay on record. */
export type Ruling = EventData<'run.ruled'> & {
  readonly at: string;
  readonly seq: number;
  /** Hash of its event: the ledger’s head after it. */
  readonly head: string | null;
};

export type { GateState };

export interface RunState {
  readonly runId: string;
  readonly operation: EventData<'run.requested'>['operation'];
  readonly plan: Plan;
  readonly planDigest: string;
  readonly mode: 'LIVE' | 'DRYRUN';
  readonly requester: Person;
  readonly channel: string;
  readonly subjectRun: string | null;
  readonly subjectFacts: { [gate: string]: Json };
  /** What a rollback brings back, one a live path. */
  readonly anchors: readonly AnchorChoice[];
  /** What the ledger knew of the live paths that a tidy is about. */
  readonly places: readonly KnownPlace[];
  /** Of a rollback: whose evidence counts no more once it is done. */
  readonly takesBack?: EventData<'run.requested'>['takesBack'];
  readonly subjectAttempts: NonNullable<EventData<'run.requested'>['subjectAttempts']>;
  readonly previous: EventData<'run.requested'>['previous'];
  readonly gaps: EventData<'run.requested'>['gaps'];
  readonly requiredRulings: EventData<'run.requested'>['requiredRulings'];
  readonly control: EventData<'run.requested'>['control'];
  /** How much its claims say of what readings cannot see; those of earlier versions say less. */
  readonly limitsSaid?: EventData<'run.requested'>['limitsSaid'];
  readonly requestedAt: string;
  gates: GateState[];
  /** One a live path that a gate of this LIVE run may change: what is there is looked at, never inferred. */
  looks: GateState[];
  approval: ApprovalState | null;
  /** Requests that were taken back, oldest first. */
  voided: ApprovalState[];
  freezeOverrides: (EventData<'freeze.overridden'> & { readonly at: string })[];
  lockBroken: (EventData<'lock.broken'> & { readonly at: string }) | null;
  pointOfNoReturn: string | null;
  rollback: EventData<'rollback.begun'> | null;
  aborted: EventData<'run.aborted'> | null;
  /** The looks that somebody ended without an answer, each with the number of its event. */
  looksGivenUp: (EventData<'look.given-up'> & { readonly seq: number })[];
  finished: (EventData<'run.finished'> & { at: string }) | null;
  /** The oldest first. */
  rulings: Ruling[];
  /** Sequence number of the last event: what the next append expects as head. */
  seq: number;
  /** Hash of the last event, the ledger's head; null when the events came without hashes. */
  head: string | null;
}

/** Folds a run's events, oldest first. Throws a RangeError when the first is not `run.requested`. */
export function foldRun(runId: string, events: readonly RunEvent[]): RunState {
  const [first, ...rest] = events;
  if (first?.type !== 'run.requested') {
    throw new RangeError(
      `run ${runId}: expected run.requested as its first event, got ${first?.type ?? 'no event'}`,
    );
  }
  const state = begin(runId, first);
  for (const event of rest) apply(state, event);
  return state;
}

function begin(
  runId: string,
  { at, data, seq, hash }: Extract<RunEvent, { type: 'run.requested' }>,
): RunState {
  const gates = gatesOf(data.plan, data.operation, data.mode, concerned(data));
  return {
    runId,
    ...data,
    anchors: data.anchors ?? [],
    subjectAttempts: data.subjectAttempts ?? [],
    places: data.places ?? [],
    requestedAt: at,
    gates: gates.map(pendingGate),
    looks: data.mode === 'LIVE' ? lookGates(gates).map(pendingGate) : [],
    approval: null,
    voided: [],
    freezeOverrides: [],
    lockBroken: null,
    pointOfNoReturn: null,
    rollback: null,
    aborted: null,
    looksGivenUp: [],
    finished: null,
    rulings: [],
    seq,
    head: hash ?? null,
  };
}

/** The live paths that a run on another one is about: those that had gone live. Null for all of the plan. */
function concerned({
  plan,
  operation,
  anchors = [],
  places = [],
  subjectFacts,
}: EventData<'run.requested'>): ReadonlySet<string | null> | null {
  const targets =
    operation === 'rollback' || operation === 'tidy'
      ? [...anchors, ...places].map(({ target }) => target)
      : operation === 'verify'
        ? gatesOf(plan, 'deploy', 'LIVE').flatMap((gate) =>
            gate.kind === 'promote' && readFacts('promote', subjectFacts[keyOf(gate)]).liveTree
              ? [gate.target ?? null]
              : [],
          )
        : [];
  return targets.length > 0 ? new Set(targets) : null;
}

function apply(state: RunState, event: RunEvent): void {
  state.seq = event.seq;
  state.head = event.hash ?? null;
  switch (event.type) {
    case 'run.requested':
      throw new RangeError(`run ${state.runId}: run.requested came twice`);
    case 'gate.queued':
      queued(gateState(state, event.data.gate), event);
      return;
    case 'gate.finished': {
      const { result, seenTree } = event.data;
      const { status, reason } = result;
      const { at: finishedAt, seq } = event;
      Object.assign(gateState(state, event.data.gate), { status, reason, result, seenTree, finishedAt, seq });
      return;
    }
    case 'gate.skipped':
      Object.assign(gateState(state, event.data.gate), {
        status: 'not-run',
        reason: event.data.reason,
        finishedAt: event.at,
        seq: event.seq,
      });
      return;
    case 'gate.abandoned':
      Object.assign(gateState(state, event.data.gate), {
        status: 'inconclusive',
        reason: event.data.reason,
        finishedAt: event.at,
        seq: event.seq,
      });
      return;
    case 'look.given-up':
      state.looksGivenUp.push({ ...event.data, seq: event.seq });
      return;
    case 'freeze.overridden':
      state.freezeOverrides.push({ ...event.data, at: event.at });
      return;
    case 'lock.broken':
      state.lockBroken = { ...event.data, at: event.at };
      return;
    case 'rollback.begun':
      state.rollback = event.data;
      state.gates.splice(
        state.gates.findIndex(({ gate }) => gate.kind === 'report'),
        0,
        ...rollbackGates(state.plan, promotedGates(state)).map(pendingGate),
      );
      return;
    case 'point-of-no-return':
      state.pointOfNoReturn = event.at;
      return;
    case 'run.aborted':
      state.aborted = event.data;
      return;
    case 'run.finished':
      state.finished = { ...event.data, at: event.at };
      return;
    case 'run.ruled':
      state.rulings.push({ ...event.data, at: event.at, seq: event.seq, head: event.hash ?? null });
      return;
    default:
      applyApproval(state, event);
  }
}

/** The promotes whose live path holds the candidate, by what was seen there. */
export function promotedGates(run: RunState): PlanGate[] {
  if (run.mode !== 'LIVE') return [];
  return run.gates.flatMap((state) =>
    state.gate.kind === 'promote' && isUp(run, state) ? [state.gate] : [],
  );
}

/** A promote that passed has looked itself; of another the look tells that came after it, where there is one. */
function isUp(run: RunState, state: GateState): boolean {
  const { gate, status } = state;
  if (status === 'pass') return true;
  const seen = observationOf(run, gate);
  return seen ? holdsCandidate(seen) : resultsOf(state).some((result) => changedLive(run.plan, gate, result));
}

/** Which request for approval is the newest, from 1: each has a message of its own, and only votes on the newest count. */
export function requestNumber({ approval, voided }: RunState): number {
  return voided.length + (approval?.status === 'voided' ? 0 : 1);
}

/** The state of one gate, by its name or kind; throws a RangeError when the run has no such gate. */
export function gateState(state: RunState, key: string): GateState {
  return gateNamed([...state.gates, ...state.looks], key);
}

/** Facts of all finished gates by the name of the gate, over those of the run that this one verifies or rolls back. */
export function factsOf(state: RunState): { [gate: string]: Json } {
  const own = state.gates.flatMap(({ gate, result }) =>
    result ? [[keyOf(gate), result.facts] as const] : [],
  );
  return { ...state.subjectFacts, ...Object.fromEntries(own) };
}
