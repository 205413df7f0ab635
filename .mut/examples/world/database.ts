import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import pg from 'pg';
import { seedDatabase } from './seed-database.ts';

/** A PostgreSQL server that can be reached on this machine. */
export interface Database {
  readonly dsn: string;
  readonly port: number;
  close(): Promise<void>;
}

/** More than a run opens at once; a connection above it would be turned away. */
const MAX_CONNECTIONS = 32;

/**
 * Starts an empty in-process PostgreSQL on a free loopback port, in memory only. Takes 2 to 3 s. All connections share its one session:
 * while one of them is in a transaction the others wait, and session settings are common.
 */
export async function startEmbeddedDatabase(): Promise<Database> {
  const engine = await PGlite.create();
  const server = new PGLiteSocketServer({
    db: engine,
    host: '127.0.0.1',
    port: 0,
    maxConnections: MAX_CONNECTIONS,
  });
  await server.start();
  const port = Number(server.getServerConn().split(':').at(-1));
  let closing: Promise<void> | undefined;
  const close = async () => {
    await server.stop();
    await engine.close();
  };
  return {
    dsn: `postgresql://postgres@127.0.0.1:${port}/postgres?sslmode=disable`,
    port,
    close: () => {
      closing ??= close();
      return closing;
    },
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
