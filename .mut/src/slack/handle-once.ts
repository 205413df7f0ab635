// Deliveries that must not be lost: Slack's second try counts when the first one came to nothing.
import type { Inbox } from './ports.ts';

/** Runs `work` unless this delivery was handled before. Rejects as `work` does, and then the delivery is as good as new. */
export type HandleOnce = (source: string, id: string, work: () => Promise<void>) => Promise<void>;

/**
 * Marks a delivery as handled after its work, not before: a process that dies in between leaves it unmarked, and what comes
 * again is worked on again. So the work must bear being done twice, as a vote does. Copies that come at the same moment wait
 * for each other: there is one control plane, so they come to this process.
 */
export function createHandleOnce(inbox: Inbox): HandleOnce {
  const running = new Map<string, Promise<void>>();
  return async (source, id, work) => {
    const key = `${source} ${id}`;
    const before = running.get(key) ?? Promise.resolve();
    const turn = before
      // Whoever delivered that one hears of its failure; this one is the next chance.
      .catch(() => undefined)
      .then(async () => {
        if (await inbox.wasSeen(source, id)) return;
        await work();
        await inbox.firstSeen(source, id);
      });
    running.set(key, turn);
    try {
      await turn;
    } finally {
      if (running.get(key) === turn) running.delete(key);
    }
  };
}
