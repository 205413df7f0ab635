// Tables of a PostgreSQL database, by the names that a plan gives them, or all of them.
import pg from 'pg';
import { z } from 'zod';

export interface NamedTable {
  /** `public.orders`. */
  readonly name: string;
  readonly quoted: string;
}

const row = z.object({ schema: z.string(), table: z.string() });

/** As a plan writes it, with its schema or without. */
export function quoteTable(name: string): string {
  return name
    .split('.')
    .map((part) => pg.escapeIdentifier(part))
    .join('.');
}

/**
 * Tables and filled materialized views of all schemas but PostgreSQL’s own. A partition is read with its parent; foreign tables
 * and views hold nothing of their own. Sequences are no rows: a transaction that is rolled back advances them all the same.
 */
export async function allTables(client: pg.Client): Promise<NamedTable[]> {
  const { rows } = await client.query(
    `select n.nspname as schema, c.relname as table
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'm') and not c.relispartition and c.relispopulated
        and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
      order by 1, 2`,
  );
  return rows.map((each) => {
    const { schema, table } = row.parse(each);
    const quoted = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
    return { name: sayTable(schema, table), quoted };
  });
}

/** `public.orders`; a part with a dot or a quote in it is quoted, so that no two tables are called alike. */
export function sayTable(...parts: readonly string[]): string {
  return parts.map((part) => (/[."]/.test(part) ? pg.escapeIdentifier(part) : part)).join('.');
}
