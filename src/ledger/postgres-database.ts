import pg from 'pg';
import type { Database, DatabaseLog, Queryable, QueryResult, SqlParameter } from './database.ts';
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
  });
  // Without a listener, an idle connection that drops would end the process.
  pool.on('error', (error) => options.log?.warn({ err: error }, 'an idle database connection was lost'));
  try {
    await pool.query('select 1');
  } catch (cause) {
    await pool.end();
    throw databaseUnreachable(cause);
  }
  return new PostgresDatabase(pool, options.dsn, options.log);
}

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
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const result = await work({ query: (text, parameters = []) => runQuery(client, text, parameters) });
      await client.query('COMMIT');
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

async function runQuery(
  client: pg.Pool | pg.PoolClient,
  text: string,
  parameters: readonly SqlParameter[],
): Promise<QueryResult> {
  const result = await client.query<Record<string, unknown>>(text, [...parameters]);
  return { rows: result.rows, rowCount: result.rowCount ?? result.rows.length };
}
