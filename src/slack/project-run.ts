// One pass over a run: compares the messages that should be with the table of those that are, and shows the difference.
import type { RunState } from '../run/state.ts';
import type { Thread } from './find-shown.ts';
import type { Log, Posting, Postings } from './ports.ts';
import { showFiles } from './show-files.ts';
import { digestOfMessage, showMessage } from './show-message.ts';
import type { ViewContext } from './view/desired-message.ts';
import { messagesOf } from './view/messages.ts';

export interface PassParts extends Pick<Thread, 'client' | 'pace' | 'botUserId'> {
  readonly postings: Postings;
  readonly evidence: (digest: string) => Promise<Uint8Array | null>;
  readonly log: Log;
  /** A message stands in the workspace for the first time. */
  readonly onPosted?: (runId: string, key: string) => void;
}

export interface PassOptions {
  readonly view: ViewContext;
  /** When each message last changed in the workspace (ms since the epoch); written to. */
  readonly changedAt: Map<string, number>;
  /** Least ms between two updates of one message; 0 shows everything now. */
  readonly intervalMs: number;
}

/** Returns when the earliest update that was put off is due (ms since the epoch), or null when all is shown. */
export async function projectRun(
  parts: PassParts,
  run: RunState,
  options: PassOptions,
): Promise<number | null> {
  const { postings } = parts;
  const { changedAt, intervalMs, view } = options;
  const known = new Map<string, Posting>((await postings.list(run.runId)).map((each) => [each.key, each]));
  let threadTs: string | null = null;
  let due: number | null = null;
  for (const message of messagesOf(run, view)) {
    const posting = known.get(message.key);
    const thread: string | null = message.thread ? threadTs : null;
    const showing = {
      ...parts,
      runId: run.runId,
      channel: run.channel,
      threadTs: thread,
      since: run.requestedAt,
    };
    const isShown = posting?.state === 'posted' && posting.digest === digestOfMessage(message);
    const dueAt = (changedAt.get(message.key) ?? 0) + intervalMs;
    let ts: string | null | undefined = posting?.ts;
    if (!isShown && posting?.state === 'posted' && dueAt > Date.now()) {
      due = Math.min(due ?? dueAt, dueAt);
    } else if (!isShown) {
      ts = await showMessage(showing, message, posting);
      changedAt.set(message.key, Date.now());
      if (posting?.state !== 'posted') parts.onPosted?.(run.runId, message.key);
    }
    if (!message.thread) threadTs = ts ?? null;
    if (message.files) await showFiles(showing, message.files, known);
  }
  return due;
}
