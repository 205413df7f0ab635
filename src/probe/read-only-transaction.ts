// A look into a PostgreSQL database: one snapshot, in one read-only transaction; over an SSH forward when only a host reaches it.
import pg from 'pg';
import type { ProbeWorld } from './read-probe.ts';

const connectTimeoutMs = 15_000;
const statementTimeoutMs = 60_000;

/** `name` is a database of the plan. Throws HostError when there is no way to it, and what PostgreSQL says. */
export async function inReadOnlyTransaction<T>(
  name: string,
  { database, host, signal }: Pick<ProbeWorld, 'database' | 'host' | 'signal'>,
  read: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const { dsn, via } = database(name);
  const url = new URL(dsn);
  const forward =
    via === undefined
      ? undefined
      : await (await host(via)).forward(url.hostname, Number(url.port || 5432), { signal });
  try {
    if (forward) {
      url.hostname = forward.host;
      url.port = String(forward.port);
    }
    return await readOnce(url.toString(), signal, read);
  } finally {
    await forward?.close();
  }
}

async function readOnce<T>(
  connectionString: string,
  signal: AbortSignal,
  read: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    application_name: 'interlock-probe',
  });
  client.on('error', () => {
    // A connection that breaks between two statements also rejects the next one, which is where it is reported.
  });
  const stop = () => void client.end().catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await client.connect();
    await client.query('begin transaction isolation level repeatable read, read only');
    const value = await read(client);
    await client.query('rollback');
    return value;
  } finally {
    signal.removeEventListener('abort', stop);
    await client.end().catch(() => undefined);
  }
}
