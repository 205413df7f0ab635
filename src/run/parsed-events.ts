// The events of runs as they were parsed before. A run is read anew at every vote and every few seconds while it is open, and
// nothing of what the ledger holds ever changes: only what was added is parsed.
import { parseRunEvent, type RunEvent } from './events.ts';
import type { LedgerPort } from './ports.ts';

/** More than are ever open at once; the one that was longest not read goes first. */
const mostRuns = 200;

export type ReadEvents = (runId: string) => Promise<readonly RunEvent[]>;

/** Throws a ZodError for an event that is not of this version. */
export function openParsedEvents(ledger: Pick<LedgerPort, 'read'>): ReadEvents {
  const parsed = new Map<string, readonly RunEvent[]>();
  return async (runId) => {
    const rows = await ledger.read(runId);
    const known = parsed.get(runId) ?? [];
    // By its hash, which is over all before it too.
    const events = rows.map((row, index) => {
      const before = known[index];
      return before?.hash === row.hash ? before : parseRunEvent(row);
    });
    parsed.delete(runId);
    if (events.length > 0) parsed.set(runId, events);
    const [oldest] = parsed.keys();
    if (parsed.size > mostRuns && oldest !== undefined) parsed.delete(oldest);
    return events;
  };
}
