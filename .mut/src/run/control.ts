// What the outside (Slack, the command line) may ask of the control plane. src/run/create-control.ts implements it.
import type { Operation, Person } from './events.ts';
import type { Reason } from './gate-result.ts';
import type { RulingWish } from './judge-ruling.ts';
import type { LineageView } from './lineages.ts';
import type { RunState } from './state.ts';
import type { Flip, Level, SwitchView } from './switch.ts';

/** Who asks. An operator has a shell on the control plane's machine; everybody else is a person in Slack. */
export type Asker = Person & {
  /** Where it was asked; null on the command line. */
  readonly channel: string | null;
  readonly via?: 'operator';
};

export interface RunRequest {
  readonly operation: Operation;
  /** Name of a plan or id of a run; a rollback needs a run. */
  readonly subject: string;
  readonly dryRun: boolean;
  readonly requester: Person;
  /** Where it was asked; null on the command line: it is shown in a channel of the plan then. */
  readonly channel: string | null;
  readonly via?: 'operator';
  /** Of a tidy: one of the plan’s `targets`; null for its `target`, missing for all. */
  readonly target?: string | null;
  /** Why the run may go on in a freeze; decided by the plan's policy. */
  readonly overrideFreeze?: string;
}

export interface Vote {
  readonly runId: string;
  readonly voterId: string;
  readonly vote: 'approve' | 'reject' | 'withdraw';
  readonly via: 'reaction' | 'button' | 'command' | 'sweep';
  readonly channel: string;
  readonly messageTs: string;
  /** Which of the run's requests for approval the message is, from 1. */
  readonly request: number;
  /** When the person acted, as the workspace says (RFC 3339, UTC). */
  readonly votedAt: string;
  /** Code of an authenticator app that was typed with it. */
  readonly code?: string;
}

/** What came of publishing a run's package. */
export interface Publication {
  readonly published: boolean;
  /** Where to and as which revision, or why not. */
  readonly detail: string;
  readonly documents: readonly {
    readonly name: string;
    readonly revision: number;
    /** Whether this publication made the revision. */
    readonly changed: boolean;
  }[];
}

export interface FlipWish {
  readonly enabled: boolean;
  /** Null for all plans of this installation. */
  readonly plan: string | null;
  /** How far "off" goes. */
  readonly level: Level;
  readonly reason: string;
}

/** A target that an open run holds. */
export interface HeldLock {
  readonly host: string;
  readonly livePath: string;
  readonly runId: string;
  readonly owner: Person;
  /** What the run does there. */
  readonly reason: string;
  /** RFC 3339, UTC. */
  readonly since: string;
}

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Reason };

export interface RunControl {
  /** Starts a run, or says why not. Answers once the run is in the ledger. */
  request(request: RunRequest): Promise<Answer<{ runId: string }>>;
  /** Judges a vote and records it, counted or refused. The same vote again changes nothing. */
  vote(vote: Vote): Promise<Answer<{ counted: boolean; refusal: Reason | null }>>;
  abort(runId: string, by: Asker, reason: string): Promise<Answer<null>>;
  /** Publishes a finished run's package again. Its verdict stays what it is. */
  publish(runId: string, by: Asker): Promise<Answer<Publication>>;
  /** Rules on a finished run, in place of any earlier ruling. The same again changes nothing. */
  rule(runId: string, by: Asker, wish: RulingWish): Promise<Answer<null>>;
  /** The gap registers of all lineages that have a finished run, or of one. */
  gaps(lineage: string | null): Promise<LineageView[]>;
  /** Lets an open run go on in a freeze; recorded and attested. */
  overrideFreeze(runId: string, by: Asker, reason: string): Promise<Answer<null>>;
  /** Targets that open runs hold. */
  locks(): Promise<HeldLock[]>;
  /** Takes the target's lock from an open run, which ends; its workers are refused from then on. */
  unlock(runId: string, by: Asker, reason: string): Promise<Answer<null>>;
  /** Turns the execution switch; recorded and announced. */
  flip(wish: FlipWish, by: Asker): Promise<Answer<Flip>>;
  /** How the switch stands for a plan, or for what no plan has its own flip for. */
  switchView(plan: string | null): SwitchView;
  /** The state of one run, or null when there is none of that id. */
  run(runId: string): Promise<RunState | null>;
  /** The latest runs, newest first. */
  recent(limit: number): Promise<RunState[]>;
  /** Names and titles of the plans that can be run. */
  plans(): Promise<{ name: string; title: string }[]>;
}
