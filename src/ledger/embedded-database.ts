import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import type { Database, Queryable, QueryResult, SqlParameter } from './database.ts';
import { lockDirectory } from './directory-lock.ts';
import { placeCluster } from './fresh-cluster.ts';

/** A database inside this process, kept in a directory that no other process may open at the same time. */
export interface EmbeddedDatabase extends Database {
  /** The instance itself, which the embedded queue shares. Whoever uses it must not close it. */
  readonly pglite: PGlite;
}

/**
 * Opens (and on first use creates) the embedded database of a directory. The first on a machine takes some seconds.
 *
 * Committed transactions survive the death of the process. PGlite does not fsync, so a power cut can lose or damage
 * the newest ones: production belongs on PostgreSQL.
 * @throws LedgerError `data-directory-in-use`
 */
export async function openEmbeddedDatabase(options: { directory: string }): Promise<EmbeddedDatabase> {
  const unlock = lockDirectory(options.directory);
  try {
    const directory = join(options.directory, 'pgdata');
    if (!existsSync(directory)) await placeCluster(directory);
    return new PGliteDatabase(await PGlite.create(directory), unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

class PGliteDatabase implements EmbeddedDatabase {
  readonly pglite: PGlite;
  readonly #unlock: () => void;

  constructor(pglite: PGlite, unlock: () => void) {
    this.pglite = pglite;
    this.#unlock = unlock;
  }

  query(text: string, parameters: readonly SqlParameter[] = []): Promise<QueryResult> {
    return runQuery(this.pglite, text, parameters);
  }

  transaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T> {
    return this.pglite.transaction((transaction) =>
      work({ query: (text, parameters = []) => runQuery(transaction, text, parameters) }),
    );
  }

  async listen(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>> {
    const unlisten = await this.pglite.listen(channel, onPayload);
    return () => unlisten();
  }

  async close(): Promise<void> {
    if (this.pglite.closed) return;
    try {
      await this.pglite.close();
    } finally {
      this.#unlock();
    }
  }
}

async function runQuery(
  client: Pick<PGlite, 'query'>,
  text: string,
  parameters: readonly SqlParameter[],
): Promise<QueryResult> {
  const result = await client.query<Record<string, unknown>>(text, [...parameters]);
  return { rows: result.rows, rowCount: result.rowCount ?? result.rows.length };
}
