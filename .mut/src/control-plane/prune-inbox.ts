// Keeps the inbox from growing for ever.
import type { DatabaseLog } from '../ledger/database.ts';
import type { Inbox } from '../ledger/inbox.ts';

/** Slack sends an event again for up to a day; a recorded request is of use to nobody after ten minutes. */
const keepMs = 3 * 24 * 3_600_000;
const everyMs = 3_600_000;

/** Forgets old deliveries, now and every hour; returns what ends that. */
export function pruneInbox(inbox: Pick<Inbox, 'prune'>, log: DatabaseLog): () => void {
  const prune = () => {
    inbox
      .prune(keepMs)
      .catch((error: unknown) => log.warn({ error: String(error) }, 'the inbox was not pruned'));
  };
  prune();
  const timer = setInterval(prune, everyMs);
  return () => clearInterval(timer);
}
