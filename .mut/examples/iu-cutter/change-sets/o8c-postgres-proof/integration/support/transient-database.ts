import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownTree } from '../../src/own-tree.ts';
import { PsqlSession } from './psql-session.ts';

/** A database that a test made, with the nine production tables, and that is gone after it. */
export interface TransientDatabase {
  readonly dsn: string;
  /** Opens one more session; `drop` ends those that are left. */
  open(): PsqlSession;
  drop(): Promise<void>;
}

const VARIABLE = 'IU_CUTTER_TEST_DSN';

/**
 * The DSN of a server to make databases on, as `postgresql://…`. Without one the suite fails: a proof that was skipped is none.
 * @throws Error
 */
export function serverDsn(environment: NodeJS.ProcessEnv = process.env): string {
  const dsn = environment[VARIABLE];
  if (dsn) return dsn;
  throw new Error(
    `expected ${VARIABLE} to name a transient PostgreSQL server, got nothing. See docs/integration.md.`,
  );
}

/**
 * Makes a database of its own beside the one that the DSN names, and starts it from `sql/schema.sql`. Nothing is written to the named one.
 * @throws Error when it holds production's tables: this suite has no business on such a server
 */
export async function createDatabase(dsn: string = serverDsn()): Promise<TransientDatabase> {
  const name = `iu_cutter_${randomBytes(6).toString('hex')}`;
  const server = new PsqlSession(dsn);
  try {
    const { rows } = await server.query("SELECT to_regclass('information_unit')::text AS found");
    if (rows[0]?.['found'] !== null) {
      throw new Error('expected a transient server, got a database with production tables. Name another.');
    }
    await server.query(`CREATE DATABASE ${name}`);
  } finally {
    await server.end();
  }
  const own = new URL(dsn);
  own.pathname = `/${name}`;
  const sessions: PsqlSession[] = [];
  const database = {
    dsn: own.href,
    open: () => {
      const session = new PsqlSession(own.href);
      sessions.push(session);
      return session;
    },
    drop: async () => {
      await Promise.all(sessions.map((session) => session.end()));
      const last = new PsqlSession(dsn);
      await last.query(`DROP DATABASE ${name}`).finally(() => last.end());
    },
  };
  try {
    await applySchema(database);
    return database;
  } catch (error) {
    await database.drop();
    throw error;
  }
}

async function applySchema(database: TransientDatabase): Promise<void> {
  const session = database.open();
  const schema = await readFile(join(ownTree(), 'sql', 'schema.sql'), 'utf8');
  for (const statement of schema.split(/;\n/).filter((part) => /^\w/m.test(part)))
    await session.query(statement);
}
