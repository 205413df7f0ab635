// A database that a process may use only while it is the control plane.
import type { ControlPlaneLock } from './control-plane-lock.ts';
import type { Database } from './database.ts';
import { LedgerError } from './ledger-error.ts';

/**
 * The database, refusing every statement while the lock is not held. All that a control plane does begins there (a run's
 * state is read, a message's intent is written), so that refusal is a pause: decisions, posts and votes fail, and are made
 * good by the next sweep, or by Slack, which was not answered.
 * @throws LedgerError `control-plane-unsure` from each call meanwhile
 */
export function whileHeld(database: Database, lock: Pick<ControlPlaneLock, 'held'>): Database {
  const guard = () => {
    if (lock.held) return;
    throw new LedgerError(
      'control-plane-unsure',
      'expected to be the only control plane on this database, but its lock is not known to be held just now',
    );
  };
  return {
    async query(text, parameters) {
      guard();
      return database.query(text, parameters);
    },
    async transaction(work) {
      guard();
      return database.transaction(async (transaction) => {
        const result = await work(transaction);
        // Once more before the commit: the lock may have gone meanwhile.
        guard();
        return result;
      });
    },
    listen: (channel, onPayload) => database.listen(channel, onPayload),
    close: () => database.close(),
  };
}
