// A whole ledger beside a head that was learnt elsewhere: whether it ends there, and if not, where that head stands.
import type { LedgerEvent } from './event.ts';

/** Null when the ledger ends with this head; else what is so. A head says which of its events were there, whoever holds the file. */
export function compareHead(
  events: readonly Pick<LedgerEvent, 'seq' | 'hash'>[],
  head: string,
): string | null {
  const last = events.at(-1);
  if (!last || last.hash === head) return null;
  const found = events.find(({ hash }) => hash === head);
  if (!found)
    return `expected the head ${head}, got ${last.hash} after ${last.seq} events, and that head nowhere; this copy ends before it, or the chain was made anew`;
  const more = last.seq - found.seq;
  return `expected the head ${head} at the end, got it after event ${found.seq}; the chain is whole up to it, and ${more === 1 ? 'one event follows' : `${more} events follow`}, up to ${last.hash}`;
}
