// What one pass over a run does with each message: brings it, or says in the thread that it is not shown, and goes on.
import type { RunState } from '../run/state.ts';
import { classifyRefusal, type Refusal } from './classify-refusal.ts';
import { isPassedOver, isWaitedFor, lateTries, mostTries } from './give-up.ts';
import { keepTries, recallTries } from './keep-tries.ts';
import type { PassOptions, PassParts } from './pass-parts.ts';
import type { Posting } from './ports.ts';
import { isOpenFile, keyOfFile, showFiles } from './show-files.ts';
import { findBegun, showMessage } from './show-message.ts';
import type { DesiredFile, DesiredMessage } from './view/desired-message.ts';
import {
  digestOfMessage,
  isUnshown,
  keyUnshown,
  unshownEdit,
  unshownFiles,
  unshownWhole,
  wholeFile,
} from './view/plainer.ts';

export class Pass {
  readonly #parts: PassParts;
  readonly #run: RunState;
  readonly #options: PassOptions;
  readonly #known: Map<string, Posting>;
  #threadTs: string | null = null;
  #root: DesiredMessage | null = null;
  #due: number | null = null;
  /** When files are tried again that Slack does not take just now: each may take as long, and people wait for messages. */
  #filesAgain: number | null = null;
  /** Messages that a line speaks for, tried again once all the others are shown. */
  readonly #late: DesiredMessage[] = [];
  /** Messages that were passed over, but not settled: perhaps Slack takes nothing at all just now. */
  readonly #passedOver: { message: DesiredMessage; refusal: Refusal; error: unknown }[] = [];

  constructor(parts: PassParts, run: RunState, options: PassOptions, known: Map<string, Posting>) {
    this.#parts = parts;
    this.#run = run;
    this.#options = options;
    this.#known = known;
    recallTries(options.memory.attempts, known.values());
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
      else if (this.#isSpokenFor(message.key)) this.#late.push(message);
      else await this.#post(message, posting);
    }
    await this.#files(message);
  }

  /** Throws when a message that was passed over could not be told from a workspace that takes nothing. */
  async end(): Promise<number | null> {
    for (const message of this.#late) {
      const dueAt = this.#options.memory.attempts.dueAt(message.key);
      if (dueAt > Date.now()) this.#putOff(dueAt);
      else await this.#post(message, this.#known.get(message.key));
    }
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
      await this.#failed(key, refusal);
      if (refusal.kind === 'no-thread' && (await this.#moveThread(refusal)))
        return this.#post(message, posting);
      if (!isPassedOver(refusal, attempts.count(key)) && !this.#isSpokenFor(key)) throw error;
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
      await this.#failed(key, refusal);
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

  /** Says that a message is not shown, and goes on. Tried again is what people wait for, and for a while what got no answer. */
  async #passOver(message: DesiredMessage, refusal: Refusal, error: unknown): Promise<void> {
    if (this.#threadTs === null) throw error;
    const { attempts } = this.#options.memory;
    const late = isWaitedFor(message.key) ? 0 : lateTries(refusal, attempts.count(message.key));
    const said = await this.#say(unshownWhole(this.#run.runId, message, refusal.code, late !== null));
    if (said === 'later' || (said === 'refused' && late !== null)) throw error;
    if (late !== null) {
      if (!isWaitedFor(message.key)) attempts.putBack(message.key, late);
      return this.#putOff(attempts.dueAt(message.key));
    }
    if (said === 'said') await this.#settle(message.key, digestOfMessage(message), refusal.code);
    else this.#passedOver.push({ message, refusal, error });
  }

  /** A line in the thread names it, because it was passed over. */
  #isSpokenFor(key: string): boolean {
    return Boolean(this.#known.get(keyUnshown(key))?.ts);
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
    await this.#count(missing.map(keyOfFile));
    if (refused.length === 0) return;
    if ((await this.#say(unshownFiles(this.#run.runId, message, refused))) === 'later') return;
    for (const { file, refusal: why } of refused) await this.#settle(keyOfFile(file), file.digest, why);
  }

  /** As a file, what stands there in part. An edit that was refused has a line of its own, with its file. */
  #whole(message: DesiredMessage): DesiredFile[] {
    const { refusal, state } = this.#known.get(message.key) ?? {};
    const isPart = refusal && state === 'posted' && !isUnshown(message.key);
    const hasLine = [...this.#known.keys()].some((key) => key.startsWith(`${keyUnshown(message.key)}-`));
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
      await this.#failed(line.key, refusal);
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

  async #failed(key: string, { waitMs }: Refusal): Promise<void> {
    this.#options.memory.attempts.failed(key, waitMs);
    await this.#count([key]);
  }

  #count(keys: readonly string[]): Promise<void> {
    const { memory } = this.#options;
    return keepTries(this.#parts.postings, memory.attempts, { run: this.#run.runId, keys });
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
