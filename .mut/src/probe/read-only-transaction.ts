// One read-only transaction, all of one snapshot, in which no policy may hide rows.
import type pg from 'pg';
import { inDatabaseSession } from './database-session.ts';
import type { ProbeWorld } from './read-probe.ts';

const statementTimeoutMs = 60_000;

/** `name` is a database of the plan. Throws HostError when there is no way to it, and what PostgreSQL says. */
export async function inReadOnlyTransaction<T>(
  name: string,
  world: Pick<ProbeWorld, 'database' | 'host' | 'signal'>,
  read: (client: pg.Client) => Promise<T>,
  timeoutMs = statementTimeoutMs,
): Promise<T> {
  return inDatabaseSession(
    name,
    world,
    { applicationName: 'interlock-probe', statementTimeoutMs: timeoutMs },
    async (client) => {
      await client.query('begin transaction isolation level repeatable read, read only');
      // A query that a policy would take rows from fails now, also one through a view; else what is hidden could change unseen.
      await client.query('set local row_security = off');
      const value = await read(client);
      await client.query('rollback');
      return value;
    },
  );
}
