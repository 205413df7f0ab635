// What the outside (Slack, the command line) may ask of the control plane. The coordinator implements it.
import type { Operation, Person } from './events.ts';
import type { Reason } from './gate-result.ts';
import type { RunState } from './state.ts';

export interface RunRequest {
  readonly operation: Operation;
  /** Name of a plan or id of a run; a rollback needs a run. */
  readonly subject: string;
  readonly dryRun: boolean;
  readonly requester: Person;
  readonly channel: string;
}

export interface Vote {
  readonly runId: string;
  readonly voterId: string;
  readonly vote: 'approve' | 'reject' | 'withdraw';
  readonly via: 'reaction' | 'button' | 'command' | 'sweep';
  readonly channel: string;
  readonly messageTs: string;
  /** When the person acted, as the workspace says (RFC 3339, UTC). */
  readonly votedAt: string;
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

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Reason };

export interface RunControl {
  /** Starts a run, or says why not. Answers once the run is in the ledger. */
  request(request: RunRequest): Promise<Answer<{ runId: string }>>;
  /** Judges a vote and records it, counted or refused. The same vote again changes nothing. */
  vote(vote: Vote): Promise<Answer<{ counted: boolean; refusal: Reason | null }>>;
  abort(runId: string, by: Person, reason: string): Promise<Answer<null>>;
  /** Publishes a finished run's package again; a requester of its plan may ask for it. Its verdict stays what it is. */
  publish(runId: string, by: Person): Promise<Answer<Publication>>;
  /** The state of one run, or null when there is none of that id. */
  run(runId: string): Promise<RunState | null>;
  /** The latest runs, newest first. */
  recent(limit: number): Promise<RunState[]>;
  /** Names and titles of the plans that can be run. */
  plans(): Promise<{ name: string; title: string }[]>;
}
