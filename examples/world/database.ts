import pg from 'pg';
import type { DatabaseRequest } from './database-process.ts';
import { startOwnProcess } from './own-process.ts';
import { seedDatabase } from './seed-database.ts';

/** A PostgreSQL server that can be reached on this machine. */
export interface Database {
  readonly dsn: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Starts an empty PostgreSQL of its own process on a free loopback port: in memory (2 to 3 s), or at once in a directory as a
 * copy of an empty cluster. All connections share its one session: while one of them is in a transaction the others wait, and
 * session settings are common.
 */
export async function startEmbeddedDatabase(at: DatabaseRequest | null = null): Promise<Database> {
  const server = await startOwnProcess(new URL('./database-process.ts', import.meta.url), at);
  const { port } = server.answer as { port: number };
  return {
    dsn: `postgresql://postgres@127.0.0.1:${port}/postgres?sslmode=disable`,
    port,
    close: () => server.close(),
  };
}

/** A server that runs already. Closing it is not ours. */
export function existingDatabase(dsn: string): Database {
  const port = Number(new URL(dsn).port || '5432');
  return { dsn, port, close: async () => undefined };
}

/** Creates tables and rows of production in an empty database. */
export async function seedProduction(database: Database): Promise<void> {
  await withClient(database, seedDatabase);
}

/** Writes one more unit: what nobody expects to happen during a deploy. */
export async function insertUnit(database: Database): Promise<void> {
  await withClient(database, (client) =>
    client.query(
      `INSERT INTO information_unit (id, document_key, address, kind, current_version, lifecycle)
       VALUES (gen_random_uuid(), 'statutes', 'disturbance-' || gen_random_uuid(), 'paragraph', 1, 'draft')`,
    ),
  );
}

async function withClient(
  database: Database,
  action: (client: pg.Client) => Promise<unknown>,
): Promise<void> {
  const client = new pg.Client({ connectionString: database.dsn });
  await client.connect();
  try {
    await action(client);
  } finally {
    await client.end();
  }
}
