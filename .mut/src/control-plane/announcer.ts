// Whom a flip of the execution switch is told: the channels of all plans that it is about.
import { setTimeout as delay } from 'node:timers/promises';
import type { Plan } from '../plan/schema.ts';
import type { Flip } from '../run/switch.ts';
import type { Switchboard } from '../run/switchboard.ts';
import { type AnnounceParts, announceFlip } from '../slack/announce-flip.ts';
import { Pace } from '../slack/pace.ts';

/** ms after which a channel that could not be told is tried again. */
const retryMs = 60_000;

export interface AnnouncerParts extends Omit<AnnounceParts, 'pace' | 'stopped'> {
  readonly switchboard: Switchboard;
  readonly plans: () => Promise<readonly Plan[]>;
}

/** Announces what holds now, should a crash have kept it from being said, and every flip from now on. */
export function startAnnouncer(parts: AnnouncerParts): { stop(): Promise<void> } {
  const { switchboard, plans, log } = parts;
  const stopped = new AbortController();
  const pace = new Pace(stopped.signal);
  let tail: Promise<void> = Promise.resolve();
  const announce = (flip: Flip) => {
    tail = tail
      .then(() => say(flip))
      .catch((error: unknown) => {
        if (stopped.signal.aborted) return;
        log.error(
          { seq: flip.seq, error: String(error) },
          'a flip of the execution switch was not announced everywhere; trying again in a minute',
        );
        later(flip);
      });
  };

  function later(flip: Flip): void {
    delay(retryMs, undefined, { signal: stopped.signal, ref: false }).then(
      () => {
        if (standing().some(({ seq }) => seq === flip.seq)) announce(flip);
      },
      () => undefined,
    );
  }

  /** The flips that hold. */
  function standing(): Flip[] {
    const { all, plans: own } = switchboard.board();
    return [all, ...own.values()].filter((flip) => flip !== null);
  }

  async function say(flip: Flip): Promise<void> {
    const about = (await plans()).filter(({ name }) => flip.plan === null || flip.plan === name);
    const channels = [...new Set(about.flatMap(({ approval }) => approval.channels))];
    await announceFlip(flip, channels, { ...parts, pace, stopped: stopped.signal });
  }

  for (const flip of standing()) announce(flip);
  const unsubscribe = switchboard.onFlip(announce);
  return {
    async stop() {
      unsubscribe();
      stopped.abort();
      await tail;
    },
  };
}
