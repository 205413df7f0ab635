import pg from 'pg';
import {
  type Database,
  type DatabaseLog,
  type Queryable,
  type QueryResult,
  type SqlParameter,
  sqlStateOf,
} from './database.ts';
import { LedgerError } from './ledger-error.ts';
import { listenOnPostgres } from './postgres-listener.ts';

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Opens a pool on a PostgreSQL server and proves that it answers.
 * @param dsn a `postgresql://` connection string; it may hold a password and is never logged
 * @throws LedgerError `database-unreachable`
 */
export async function openPostgresDatabase(options: { dsn: string; log?: DatabaseLog }): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: options.dsn,
    max: 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'interlock',
    // A server may be set to answer before a commit is on its disk. What it then forgets in a crash has been acted on, and
    // shown to people: a consent, or that a message was posted.
    onConnect: (client) => client.query(durableCommits),
  });
  // Without a listener, an idle connection that drops would end the process.
  pool.on('error', (error) =>
    // Not the error itself, which carries the client and so its settings.
    options.log?.warn({ error: String(error) }, 'an idle database connection was lost'),
  );
  // The pool takes its own listener away for as long as a connection is in use. Between two statements of a transaction nobody
  // would hear of the loss, and that ends the process; the next statement is where it is reported.
  pool.on('connect', (client) => client.on('error', reportedByNextStatement));
  try {
    await pool.query('select 1');
  } catch (cause) {
    await pool.end();
    throw databaseUnreachable(cause);
  }
  return new PostgresDatabase(pool, options.dsn, options.log);
}

const durableCommits = `select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'`;

const reportedByNextStatement = () => undefined;

export function databaseUnreachable(cause: unknown): LedgerError {
  return new LedgerError(
    'database-unreachable',
    'expected PostgreSQL to answer at the configured DATABASE_URL, got no usable connection; check host, port, user and database name',
    { cause },
  );
}

class PostgresDatabase implements Database {
  readonly #pool: pg.Pool;
  readonly #dsn: string;
  readonly #log: DatabaseLog | undefined;

  constructor(pool: pg.Pool, dsn: string, log: DatabaseLog | undefined) {
    this.#pool = pool;
    this.#dsn = dsn;
    this.#log = log;
  }

  query(text: string, parameters: readonly SqlParameter[] = []): Promise<QueryResult> {
    return runQuery(this.#pool, text, parameters);
  }

  async transaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((cause: unknown) => {
      throw asLost(cause);
    });
    let broken: Error | undefined;
    try {
      await runQuery(client, 'BEGIN', []);
      const result = await work({ query: (text, parameters = []) => runQuery(client, text, parameters) });
      await runQuery(client, 'COMMIT', []);
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((rollbackError: Error) => {
        broken = rollbackError;
      });
      throw error;
    } finally {
      // A connection that could not roll back must not return to the pool with its transaction open.
      client.release(broken);
    }
  }

  listen(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>> {
    return listenOnPostgres({ dsn: this.#dsn, channel, onPayload, log: this.#log });
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

/** @throws LedgerError `connection-lost` when nobody knows whether the statement was carried out; else what the server says */
async function runQuery(
  client: pg.Pool | pg.PoolClient,
  text: string,
  parameters: readonly SqlParameter[],
): Promise<QueryResult> {
  try {
    const result = await client.query<Record<string, unknown>>(text, [...parameters]);
    return { rows: result.rows, rowCount: result.rowCount ?? result.rows.length };
  } catch (error) {
    throw asLost(error);
  }
}

/** Class 08 is a connection exception; 57P01 to 57P05 end the session: a shutdown, a crash, an administrator. */
const endsSession = /^(08|57P0)/;

/** The driver's words for a lost connection as an error of the ledger; a refusal of the statement itself as it is. */
function asLost(error: unknown): unknown {
  const state = error instanceof pg.DatabaseError ? sqlStateOf(error) : undefined;
  if (state !== undefined && !endsSession.test(state)) return error;
  // A value that cannot be bound is a fault of the caller.
  if (error instanceof TypeError || error instanceof RangeError) return error;
  return new LedgerError(
    'connection-lost',
    'expected PostgreSQL to answer, got the end of the connection; what was being written may or may not be there. Read it again',
    { cause: error },
  );
}
