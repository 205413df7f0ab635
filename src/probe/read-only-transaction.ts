// A look into a PostgreSQL database: one snapshot, in one read-only transaction; over an SSH forward when only a host reaches it.
import type pg from 'pg';
import { inDatabaseSession } from './database-session.ts';
import type { ProbeWorld } from './read-probe.ts';

const statementTimeoutMs = 60_000;

/** `name` is a database of the plan. Throws HostError when there is no way to it, and what PostgreSQL says. */
export async function inReadOnlyTransaction<T>(
  name: string,
  world: Pick<ProbeWorld, 'database' | 'host' | 'signal'>,
  read: (client: pg.Client) => Promise<T>,
): Promise<T> {
  return inDatabaseSession(
    name,
    world,
    { applicationName: 'interlock-probe', statementTimeoutMs },
    async (client) => {
      await client.query('begin transaction isolation level repeatable read, read only');
      const value = await read(client);
      await client.query('rollback');
      return value;
    },
  );
}
