// Whom a flip of the execution switch is told: the channels of all plans that it is about.
import type { Plan } from '../plan/schema.ts';
import type { Flip } from '../run/switch.ts';
import type { Switchboard } from '../run/switchboard.ts';
import { type AnnounceParts, announceFlip } from '../slack/announce-flip.ts';
import { Pace } from '../slack/pace.ts';

export interface AnnouncerParts extends Omit<AnnounceParts, 'pace'> {
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
        if (!stopped.signal.aborted)
          log.error(
            { seq: flip.seq, error: String(error) },
            'a flip of the execution switch was not announced',
          );
      });
  };

  async function say(flip: Flip): Promise<void> {
    const about = (await plans()).filter(({ name }) => flip.plan === null || flip.plan === name);
    const channels = [...new Set(about.flatMap(({ approval }) => approval.channels))];
    await announceFlip(flip, channels, { ...parts, pace });
  }

  const { all, plans: own } = switchboard.board();
  for (const flip of [all, ...own.values()]) if (flip) announce(flip);
  const unsubscribe = switchboard.onFlip(announce);
  return {
    async stop() {
      unsubscribe();
      stopped.abort();
      await tail;
    },
  };
}
