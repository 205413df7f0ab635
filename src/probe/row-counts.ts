// Row counts of a PostgreSQL database, in one read-only transaction; over an SSH forward when only a host reaches it.
import pg from 'pg';
import { z } from 'zod';
import type { Probe } from '../plan/schema-probes.ts';
import type { Observation, ProbeWorld } from './read-probe.ts';

const connectTimeoutMs = 15_000;
const statementTimeoutMs = 60_000;
const countRow = z.object({ rows: z.coerce.number().int() });

export async function readRowCounts(
  probe: Extract<Probe, { kind: 'row-counts' }>,
  { database, host, record, signal }: ProbeWorld,
): Promise<Observation> {
  const { dsn, via } = database(probe.database);
  const url = new URL(dsn);
  const forward =
    via === undefined
      ? undefined
      : await (await host(via)).forward(url.hostname, Number(url.port || 5432), { signal });
  try {
    if (forward) {
      url.hostname = forward.host;
      url.port = String(forward.port);
    }
    const counts = await countRows(url.toString(), probe.tables, signal);
    const shown = Object.entries(counts)
      .map(([table, rows]) => `${table} ${rows}`)
      .join(', ');
    record.keep(`probe ${probe.id}: row counts`, shown.replaceAll(', ', '\n'));
    return { value: counts, shown };
  } finally {
    await forward?.close();
  }
}

async function countRows(
  connectionString: string,
  tables: readonly string[],
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    application_name: 'interlock-probe',
  });
  client.on('error', () => {
    // A connection that breaks between two statements also rejects the next one, which is where it is reported.
  });
  const stop = () => void client.end().catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await client.connect();
    await client.query('begin transaction isolation level repeatable read, read only');
    const counts: Record<string, number> = {};
    for (const table of tables) {
      const name = table
        .split('.')
        .map((part) => pg.escapeIdentifier(part))
        .join('.');
      const { rows } = await client.query(`select count(*) as rows from ${name}`);
      counts[table] = countRow.parse(rows[0]).rows;
    }
    await client.query('rollback');
    return counts;
  } finally {
    signal.removeEventListener('abort', stop);
    await client.end().catch(() => undefined);
  }
}
