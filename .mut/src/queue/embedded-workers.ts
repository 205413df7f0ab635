import type { EmbeddedDatabase } from '../ledger/embedded-database.ts';

// PGlite has one session, so BullMQ cannot count workers by connection there. All of them are in this process.
const workers = new WeakMap<EmbeddedDatabase, Map<string, number>>();

/** Counts a worker of a role in; returns the function that counts it out. */
export function announceEmbeddedWorker(database: EmbeddedDatabase, role: string): () => void {
  const counts = workers.get(database) ?? new Map<string, number>();
  workers.set(database, counts);
  counts.set(role, (counts.get(role) ?? 0) + 1);
  return () => counts.set(role, (counts.get(role) ?? 1) - 1);
}

export function countEmbeddedWorkers(database: EmbeddedDatabase, role: string): number {
  return workers.get(database)?.get(role) ?? 0;
}
