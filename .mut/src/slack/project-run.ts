// One pass over a run: compares the messages that should be with the table of those that are, and shows the difference.
//
// A new message waits for the one before it, so that a thread reads in order. Nothing waits for an edit or a file, and a message
// that Slack takes in no form is passed over, with a line that says so: the approval above all must not stand behind it.
import type { RunState } from '../run/state.ts';
import type { PassMemory } from './attempts.ts';
import { classifyRefusal, type Refusal } from './classify-refusal.ts';
import type { Thread } from './find-shown.ts';
import type { Log, Posting, Postings } from './ports.ts';
import { isOpenFile, keyOfFile, mostTries, showFiles } from './show-files.ts';
import { findBegun, showMessage } from './show-message.ts';
import { requestOfKey } from './view/approval-key.ts';
import type { DesiredFile, DesiredMessage, ViewContext } from './view/desired-message.ts';
import { messagesOf } from './view/messages.ts';
import { digestOfMessage, unshownEdit, unshownFiles, unshownWhole, wholeFile } from './view/plainer.ts';

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

/** Returns when the earliest update that was put off is due (ms since the epoch), or null when all is shown. */
export async function projectRun(
  parts: PassParts,
  run: RunState,
  options: PassOptions,
): Promise<number | null> {
  const known = new Map((await parts.postings.list(run.runId)).map((each) => [each.key, each]));
  const pass = new Pass(parts, run, options, known);
  for (const message of messagesOf(run, options.view)) await pass.bring(message);
  return pass.end();
}

/** Messages that people wait for: without the root there is no thread, and nobody can approve what is not asked. */
const isWaitedFor = ({ key }: DesiredMessage) =>
  key === 'root' || key === 'final' || requestOfKey(key) !== null;

const isUnshown = ({ key }: DesiredMessage) => key.startsWith('unshown-');

class Pass {
  readonly #parts: PassParts;
  readonly #run: RunState;
  readonly #options: PassOptions;
  readonly #known: Map<string, Posting>;
  #threadTs: string | null = null;
  #root: DesiredMessage | null = null;
  #due: number | null = null;
  /** When files are tried again that Slack does not take just now: each may take as long, and people wait for messages. */
  #filesAgain: number | null = null;
  /** Messages that were passed over, but not settled: perhaps Slack takes nothing at all just now. */
  readonly #passedOver: { message: DesiredMessage; refusal: Refusal; error: unknown }[] = [];

  constructor(parts: PassParts, run: RunState, options: PassOptions, known: Map<string, Posting>) {
    this.#parts = parts;
    this.#run = run;
    this.#options = options;
    this.#known = known;
  }

  /** Brings one message, its files, and what has to be said of either. */
  async bring(message: DesiredMessage): Promise<void> {
    const posting = this.#known.get(message.key);
    if (!message.thread) {
      this.#root = message;
      this.#threadTs = posting?.ts ?? null;
    }
    if (posting?.state !== 'settled') {
      if (posting?.ts) await this.#edit(message, posting);
      else await this.#post(message, posting);
    }
    await this.#files(message);
  }

  /** Throws when a message that was passed over could not be told from a workspace that takes nothing. */
  end(): number | null {
    const [first] = this.#passedOver;
    if (first) throw first.error;
    return this.#due;
  }

  async #post(message: DesiredMessage, posting: Posting | undefined): Promise<void> {
    const { attempts } = this.#options.memory;
    const { key } = message;
    try {
      // What was begun may stand there, and is no new message then.
      const begun = posting ? await findBegun(this.#showing(message), key) : null;
      if (begun === null) return await this.#show(message, undefined);
      this.#note(key, begun);
    } catch (error) {
      const refusal = classifyRefusal(error);
      if (refusal === null) throw error;
      attempts.failed(key, refusal.waitMs);
      if (refusal.kind === 'no-thread' && (await this.#moveThread(refusal)))
        return this.#post(message, posting);
      const isOver =
        refusal.kind === 'refused' || (refusal.kind !== 'unanswered' && attempts.count(key) >= mostTries);
      if (!isOver) throw error;
      return this.#passOver(message, refusal, error);
    }
    // It stands there, perhaps as it was before. Its files are for the caller: brought here too, they would stand there twice.
    const found = this.#known.get(key);
    if (found?.ts) await this.#edit(message, found);
  }

  async #edit(message: DesiredMessage, posting: Posting): Promise<void> {
    const { memory, intervalMs } = this.#options;
    const { attempts, changedAt } = memory;
    const { key } = message;
    if (posting.digest === digestOfMessage(message)) return;
    const dueAt = Math.max((changedAt.get(key) ?? 0) + intervalMs, attempts.dueAt(key));
    if (dueAt > Date.now()) return this.#putOff(dueAt);
    try {
      await this.#show(message, posting);
    } catch (error) {
      const refusal = classifyRefusal(error);
      if (refusal === null) throw error;
      attempts.failed(key, refusal.waitMs);
      if (refusal.kind !== 'refused' && attempts.count(key) < mostTries)
        return this.#putOff(attempts.dueAt(key));
      if ((await this.#say(unshownEdit(this.#run.runId, message, refusal.code))) === 'later') return;
      await this.#settle(key, digestOfMessage(message), refusal.code);
      attempts.forget(key);
    }
  }

  async #show(message: DesiredMessage, posting: Posting | undefined): Promise<void> {
    const { changedAt, attempts } = this.#options.memory;
    const { key } = message;
    const { ts, refusal } = await showMessage(
      { ...this.#showing(message), failures: attempts.count(key) },
      message,
      posting,
    );
    changedAt.set(key, Date.now());
    attempts.forget(key);
    this.#note(key, { ts, refusal, digest: digestOfMessage(message), state: 'posted' });
    if (!message.thread) this.#threadTs = ts;
    // Slack takes messages: what it did not take before this one is at fault itself.
    for (const { message: passed, refusal: why } of this.#passedOver.splice(0))
      await this.#settle(passed.key, digestOfMessage(passed), why.code);
  }

  /** Says that a message is not shown, and goes on. Throws for one that people wait for: it is tried again. */
  async #passOver(message: DesiredMessage, refusal: Refusal, error: unknown): Promise<void> {
    if (this.#threadTs === null) throw error;
    const isTriedOn = isWaitedFor(message);
    const said = await this.#say(unshownWhole(this.#run.runId, message, refusal.code, isTriedOn));
    if (isTriedOn || said === 'later') throw error;
    if (said === 'said') await this.#settle(message.key, digestOfMessage(message), refusal.code);
    else this.#passedOver.push({ message, refusal, error });
  }

  async #files(message: DesiredMessage): Promise<void> {
    const missing = [...(message.files ?? []), ...this.#whole(message)].filter((file) =>
      isOpenFile(file, this.#known),
    );
    if (missing.length === 0) return;
    if (this.#filesAgain !== null) return this.#putOff(this.#filesAgain);
    const showing = { ...this.#parts, ...this.#showing(message), attempts: this.#options.memory.attempts };
    const { refused, again, stop } = await showFiles(
      { ...showing, threadTs: this.#threadTs },
      missing,
      this.#known,
    );
    if (again !== null) this.#putOff(again);
    if (stop) this.#filesAgain = again;
    if (refused.length === 0) return;
    if ((await this.#say(unshownFiles(this.#run.runId, message, refused))) === 'later') return;
    for (const { file, refusal: why } of refused) await this.#settle(keyOfFile(file), file.digest, why);
  }

  /** As a file, what stands there in part. An edit that was refused has a line of its own, with its file. */
  #whole(message: DesiredMessage): DesiredFile[] {
    const { refusal, state } = this.#known.get(message.key) ?? {};
    const isPart = refusal && state === 'posted' && !isUnshown(message);
    const hasLine = [...this.#known.keys()].some((key) => key.startsWith(`unshown-${message.key}-`));
    const whole = wholeFile(message);
    return isPart && !hasLine && !message.files?.includes(whole) ? [whole] : [];
  }

  /** A line of ours in the thread, which is never changed. `later`: Slack does not answer as it should just now. */
  async #say(line: DesiredMessage): Promise<'said' | 'refused' | 'later'> {
    const { attempts } = this.#options.memory;
    const posting = this.#known.get(line.key);
    try {
      if (!posting?.ts) await this.#show(line, posting);
    } catch (error) {
      const refusal = classifyRefusal(error);
      if (refusal?.kind === 'refused') return 'refused';
      if (refusal?.kind !== 'passing') throw error;
      attempts.failed(line.key, refusal.waitMs);
      this.#putOff(attempts.dueAt(line.key));
      return 'later';
    }
    await this.#files(line);
    return 'said';
  }

  /** The run goes on under a root of its own when its thread takes no reply, once for each thread. */
  async #moveThread({ code }: Refusal): Promise<boolean> {
    const { left } = this.#options.memory;
    if (this.#root === null || this.#threadTs === null || left.size > 0) return false;
    const { runId } = this.#run;
    const before = this.#threadTs;
    this.#parts.log.warn({ runId, refusal: code }, 'the thread of a run takes no reply; going on in another');
    await this.#show(this.#root, undefined);
    left.add(before);
    return true;
  }

  async #settle(key: string, digest: string, refusal: string): Promise<void> {
    const { postings, log } = this.#parts;
    const run = this.#run.runId;
    await postings.settle({ run, key, digest, refusal });
    const stands = this.#known.get(key)?.ts;
    this.#note(key, { digest, refusal, ...(!stands && { state: 'settled' }) });
    log.error(
      { runId: run, key, digest, refusal },
      'Slack does not take this; the thread says so and goes on',
    );
  }

  #showing({ thread }: DesiredMessage) {
    const { runId, channel, requestedAt: since } = this.#run;
    return { ...this.#parts, runId, channel, since, threadTs: thread ? this.#threadTs : null };
  }

  #note(key: string, change: Partial<Posting>): void {
    const { runId: run, channel } = this.#run;
    const before = this.#known.get(key) ?? { run, key, channel, state: 'pending' };
    this.#known.set(key, { ...before, ...change });
  }

  #putOff(until: number): void {
    this.#due = Math.min(this.#due ?? until, until);
  }
}
