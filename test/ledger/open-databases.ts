import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../../src/ledger/database.ts';
import { openEmbeddedDatabase } from '../../src/ledger/embedded-database.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { openPostgresDatabase } from '../../src/ledger/postgres-database.ts';
import { startPostgres } from '../fixtures/postgres.ts';

export interface OpenDatabase {
  database: Database;
  /** A second connection to the same data, as another process would have it; the embedded one has none. */
  openAnother?: () => Promise<Database>;
  close(): Promise<void>;
}

/** The two databases that every ledger test runs on, each migrated and empty. */
export const databases: { name: string; open: () => Promise<OpenDatabase> }[] = [
  { name: 'embedded', open: openEmbedded },
  { name: 'postgres', open: openPostgres },
];

async function openEmbedded(): Promise<OpenDatabase> {
  const parent = await mkdtemp(join(tmpdir(), 'interlock-ledger-'));
  const directory = join(parent, 'data');
  const database = await openEmbeddedDatabase({ directory });
  await migrate(database);
  return {
    database,
    async close() {
      await database.close();
      await rm(parent, { recursive: true, force: true });
    },
  };
}

export async function openPostgres(): Promise<OpenDatabase> {
  const server = await startPostgres();
  const dsn = await server.createDatabase();
  const database = await openPostgresDatabase({ dsn });
  await migrate(database);
  const others: Database[] = [];
  return {
    database,
    async openAnother() {
      const other = await openPostgresDatabase({ dsn });
      others.push(other);
      return other;
    },
    async close() {
      for (const opened of [database, ...others]) await opened.close();
      await server.close();
    },
  };
}
