// Row counts of a PostgreSQL database, all of one snapshot.
import type pg from 'pg';
import { z } from 'zod';
import type { Probe } from '../plan/schema-probes.ts';
import { inReadOnlyTransaction } from './read-only-transaction.ts';
import type { Observation, ProbeWorld } from './read-probe.ts';
import { refuseRowSecurity } from './row-security.ts';
import { quoteTable } from './table-names.ts';

const countRow = z.object({ rows: z.coerce.number().int() });

export async function readRowCounts(
  probe: Extract<Probe, { kind: 'row-counts' }>,
  world: ProbeWorld,
): Promise<Observation> {
  const counts = await inReadOnlyTransaction(probe.database, world, (client) =>
    countRows(client, probe.tables),
  );
  const shown = Object.entries(counts)
    .map(([table, rows]) => `${table} ${rows}`)
    .join(', ');
  world.record.keep(`probe ${probe.id}: row counts`, shown.replaceAll(', ', '\n'));
  return { value: counts, shown };
}

async function countRows(client: pg.Client, tables: readonly string[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of tables) {
    const name = quoteTable(table);
    await refuseRowSecurity(client, name);
    const { rows } = await client.query(`select count(*) as rows from ${name}`);
    counts[table] = countRow.parse(rows[0]).rows;
  }
  return counts;
}
