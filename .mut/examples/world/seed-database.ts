import { readFile } from 'node:fs/promises';
import { productionRows } from './production-rows.ts';

/** The part of a PostgreSQL client that is needed: `pg.Client`, `pg.Pool`'s clients and PGlite all have it. */
export interface SqlClient {
  query(text: string, params?: unknown[]): Promise<unknown>;
}

const SCHEMA = new URL('../iu-cutter/baseline/sql/schema.sql', import.meta.url);

/**
 * Creates the nine production tables in the first schema of the search path, with their rows, in one transaction.
 * @throws what the client throws; a database that has the tables already is left as it was
 */
export async function seedDatabase(client: SqlClient): Promise<void> {
  await client.query('BEGIN');
  try {
    for (const statement of statements(await readFile(SCHEMA, 'utf8'))) await client.query(statement);
    for (const [table, rows] of productionRows()) {
      const columns = Object.keys(rows[0] ?? {}).join(', ');
      await client.query(
        `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::${table}, $1::json)`,
        [JSON.stringify(rows)],
      );
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** One at a time: a client need not take several. The schema ends a statement, and nothing else, with a semicolon at a line's end. */
function statements(schema: string): string[] {
  return schema.split(/;\n/).filter((statement) => /^\w/m.test(statement));
}
