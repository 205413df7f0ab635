// Tables of a PostgreSQL database, by the names that a plan gives them, or all of them.
import pg from 'pg';
import { z } from 'zod';

export interface NamedTable {
  /** `public.orders`. */
  readonly name: string;
  readonly quoted: string;
  /** PostgreSQL's letter: `r` table, `p` partitioned table, `m` materialized view, `S` sequence, … */
  readonly kind: string;
}

const row = z.object({ schema: z.string(), table: z.string(), kind: z.string() });

/** As a plan writes it, with its schema or without. */
export function quoteTable(name: string): string {
  return name
    .split('.')
    .map((part) => pg.escapeIdentifier(part))
    .join('.');
}

/**
 * Tables, filled materialized views and sequences of all schemas but PostgreSQL’s own. A partition is read with its parent;
 * foreign tables and views hold nothing of their own.
 */
export async function allTables(client: pg.Client): Promise<NamedTable[]> {
  const { rows } = await client.query(
    `select n.nspname as schema, c.relname as table, c.relkind::text as kind
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'm', 'S') and not c.relispartition and c.relispopulated
        and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
      order by 1, 2`,
  );
  return rows.map((each) => {
    const { schema, table, kind } = row.parse(each);
    const quoted = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
    return { name: `${schema}.${table}`, quoted, kind };
  });
}
