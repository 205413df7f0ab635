// How often rows of tables were written, as PostgreSQL counts it: a write that was taken back by hand shows too.
import type pg from 'pg';
import { z } from 'zod';
import type { Probe } from '../plan/schema-probes.ts';
import { inReadOnlyTransaction } from './read-only-transaction.ts';
import type { Observation, ProbeWorld } from './read-probe.ts';
import { quoteTable, sayTable } from './table-names.ts';

type WritesProbe = Extract<Probe, { kind: 'table-writes' }>;

const counters = z.object({ name: z.array(z.string()), said: z.string() });

/** Throws RangeError where PostgreSQL does not count (`track_counts`), and for a table that is not there. */
export async function readTableWrites(probe: WritesProbe, world: ProbeWorld): Promise<Observation> {
  const writes = await inReadOnlyTransaction(probe.database, world, (client) => readCounters(client, probe));
  const lines = Object.entries(writes).map(([table, said]) => `${table}: ${said}`);
  world.record.keep(`probe ${probe.id}: table writes`, lines.join('\n'));
  return { value: writes, shown: `${lines.length} tables: ${lines.join('; ').slice(0, 400)}` };
}

async function readCounters(client: pg.Client, { tables }: WritesProbe): Promise<Record<string, string>> {
  const { rows: tracked } = await client.query(`select current_setting('track_counts') as on`);
  if (z.object({ on: z.string() }).parse(tracked[0]).on !== 'on')
    throw new RangeError('expected PostgreSQL to count writes, got track_counts = off; switch it on');
  // A table counts with its partitions and children. Truncating counts nothing, but begins another file.
  const { rows } = await client.query(
    `with recursive part (name, oid) as (
       select array[named.name], named.quoted::regclass::oid from unnest($1::text[], $2::text[]) as named (name, quoted)
       union select array[n.nspname, c.relname]::text[], c.oid
         from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where $1::text[] is null and c.relkind = 'r' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
       union select part.name, i.inhrelid from part join pg_catalog.pg_inherits i on i.inhparent = part.oid
     )
     select part.name,
            'inserted ' || coalesce(sum(s.n_tup_ins), 0) || ', updated ' || coalesce(sum(s.n_tup_upd), 0)
            || ', deleted ' || coalesce(sum(s.n_tup_del), 0)
            || ', file ' || coalesce(string_agg(pg_catalog.pg_relation_filenode(part.oid)::text, '+' order by part.oid), 'none')
            as said
       from part left join pg_catalog.pg_stat_all_tables s on s.relid = part.oid
      group by part.name order by part.name`,
    [tables ?? null, tables?.map(quoteTable) ?? null],
  );
  return Object.fromEntries(
    rows.map((row) => {
      const { name, said } = counters.parse(row);
      return [tables ? name.join() : sayTable(...name), said];
    }),
  );
}
