// What is counted and listed around a proof. Every query is qualified: it works with any search_path.
import pg from 'pg';
import { z } from 'zod';
import type { SessionFacts } from './facts.ts';

/** ms for which one of the queries around a proof may run: counting a large table takes its time. */
export const measureTimeoutMs = 60_000;

const countRow = z.object({
  rows: z.coerce.number().int(),
  ours: z.coerce.number().int(),
  checksum: z.string().nullable(),
});
export type TableReading = z.infer<typeof countRow>;

/** Of all rows as text, in any order: 128 bits, made to find accidents and not to withstand someone who aims at a collision. */
const checksum = [0, 1]
  .map((seed) => `coalesce(sum(pg_catalog.hashtextextended(t::text, ${seed})::numeric), 0)::text`)
  .join(` || ' ' || `);

/**
 * Rows of a table that the current role can see, and those of them that one of these transactions wrote. Rejects when row
 * security would hide some: a count of what is shown is not the count of what is there.
 */
export async function countRows(
  client: pg.Client,
  table: string,
  { xids = [], contents = false }: { readonly xids?: readonly string[]; readonly contents?: boolean } = {},
): Promise<TableReading> {
  const name = table.split('.').map((part) => pg.escapeIdentifier(part));
  await client.query('set local row_security = off');
  const { rows } = await client.query(
    `select count(*) as rows, count(*) filter (where t.xmin = any($1::xid[])) as ours, ${contents ? checksum : 'null'} as checksum
       from ${name.join('.')} as t`,
    [xids],
  );
  await client.query('set local row_security = on');
  return countRow.parse(rows[0]);
}

const xidRow = z.object({ xid: z.string() });

/** Transaction ids that this session writes under now, 32 bits each: its own and those of its savepoints. */
export async function heldXids(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query(
    `select transactionid::text as xid from pg_catalog.pg_locks
      where pid = pg_catalog.pg_backend_pid() and locktype = 'transactionid' and granted and mode = 'ExclusiveLock'`,
  );
  return rows.map((row) => xidRow.parse(row).xid);
}

const sequenceRow = z.object({ name: z.string(), value: z.string().nullable(), readable: z.boolean() });
export type SequenceReading = z.infer<typeof sequenceRow>;

/** Every sequence in a schema that the login may use. */
export async function readSequences(client: pg.Client): Promise<SequenceReading[]> {
  const { rows } = await client.query(
    `select n.nspname || '.' || c.relname as name,
            pg_catalog.has_sequence_privilege(c.oid, 'SELECT') as readable,
            case when pg_catalog.has_sequence_privilege(c.oid, 'SELECT')
                 then pg_catalog.pg_sequence_last_value(c.oid)::text end as value
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'S' and c.relpersistence <> 't' and pg_catalog.has_schema_privilege(n.oid, 'USAGE')
      order by 1`,
  );
  return rows.map((row) => sequenceRow.parse(row));
}

/** SQLSTATE of currval where this session has taken nothing from the sequence. */
const nothingTaken = '55000';

/** Whether this session took a value from it, in whatever transaction; null when that cannot be told. */
export async function hasTaken(client: pg.Client, sequence: string): Promise<boolean | null> {
  const name = sequence.split('.').map((part) => pg.escapeIdentifier(part));
  try {
    await client.query('select pg_catalog.currval($1::text::regclass)', [name.join('.')]);
    return true;
  } catch (error) {
    if (error instanceof pg.DatabaseError) return error.code === nothingTaken ? false : null;
    throw error;
  }
}

const sessionRow = z.object({
  advisoryLocks: z.coerce.number(),
  temporaryObjects: z.coerce.number(),
  heldCursors: z.coerce.number(),
  preparedStatements: z.coerce.number(),
  listening: z.coerce.number(),
});

/** What outlives a rollback in a session. */
export async function readSession(client: pg.Client): Promise<SessionFacts> {
  const { rows } = await client.query(
    `select (select count(*) from pg_catalog.pg_locks
              where pid = pg_catalog.pg_backend_pid() and locktype = 'advisory') as "advisoryLocks",
            (select count(*) from pg_catalog.pg_class
              where relnamespace = pg_catalog.pg_my_temp_schema()) as "temporaryObjects",
            (select count(*) from pg_catalog.pg_cursors where is_holdable) as "heldCursors",
            (select count(*) from pg_catalog.pg_prepared_statements) as "preparedStatements",
            (select count(*) from pg_catalog.pg_listening_channels()) as listening`,
  );
  return sessionRow.parse(rows[0]);
}

/** Gids of transactions that were prepared for a two-phase commit in this database. */
export async function readPrepared(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query(
    'select gid from pg_catalog.pg_prepared_xacts where database = pg_catalog.current_database() order by 1',
  );
  return rows.map((row) => z.object({ gid: z.string() }).parse(row).gid);
}
