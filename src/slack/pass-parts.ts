// What a pass over a run works with.
import type { PassMemory } from './attempts.ts';
import type { Thread } from './find-shown.ts';
import type { Log, Postings } from './ports.ts';
import type { ViewContext } from './view/desired-message.ts';

export interface PassParts extends Pick<Thread, 'client' | 'pace' | 'botUserId'> {
  readonly postings: Postings;
  readonly evidence: (digest: string) => Promise<Uint8Array | null>;
  readonly log: Log;
  /** A message stands in the workspace for the first time. */
  readonly onPosted?: (runId: string, key: string) => void;
}

export interface PassOptions {
  readonly view: ViewContext;
  readonly memory: PassMemory;
  /** Least ms between two updates of one message; 0 shows everything now. */
  readonly intervalMs: number;
}
