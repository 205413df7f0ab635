// A connection to a database of the plan, over an SSH forward when only a host reaches it.
import pg from 'pg';
import type { ProbeWorld } from './read-probe.ts';

const connectTimeoutMs = 15_000;

export interface SessionSettings {
  /** What `pg_stat_activity` shows of us; at most 63 bytes. */
  readonly applicationName: string;
  readonly statementTimeoutMs: number;
}

/**
 * Opens one connection, hands it to `use` and ends it. An abort ends it too, which makes whatever waits for it reject.
 * Throws HostError when there is no way to the database, and what PostgreSQL says.
 */
export async function inDatabaseSession<T>(
  name: string,
  { database, host, signal }: Pick<ProbeWorld, 'database' | 'host' | 'signal'>,
  settings: SessionSettings,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const { dsn, via } = database(name);
  // Node’s own error would carry the text, and with it the password.
  if (!URL.canParse(dsn))
    throw new RangeError(`expected postgresql://… as the connection string of ${name}, got something else`);
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
    return await withClient(url.toString(), settings, signal, use);
  } finally {
    await forward?.close();
  }
}

async function withClient<T>(
  connectionString: string,
  { applicationName, statementTimeoutMs }: SessionSettings,
  signal: AbortSignal,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    application_name: applicationName,
  });
  client.on('error', () => {
    // A connection that breaks between two statements also rejects the next one, which is where it is reported.
  });
  const stop = () => void client.end().catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    await client.connect();
    return await use(client);
  } finally {
    signal.removeEventListener('abort', stop);
    await client.end().catch(() => undefined);
  }
}
