// What stands in the tables of a PostgreSQL database: for each one digest over its rows, whatever their order, all of one snapshot.
import type pg from 'pg';
import { z } from 'zod';
import { sha256Hex } from '../evidence/digest.ts';
import type { Probe } from '../plan/schema-probes.ts';
import { inReadOnlyTransaction } from './read-only-transaction.ts';
import type { Observation, ProbeWorld } from './read-probe.ts';
import { refuseRowSecurity } from './row-security.ts';
import { allTables, type NamedTable, quoteTable } from './table-names.ts';

type ContentsProbe = Extract<Probe, { kind: 'table-contents' }>;

const timeoutMs = 600_000;

/** Hex digits of a table's digest that are kept: two sums of 64-bit hashes go in, so more would say no more. */
const digits = 32;

/** How values are written: without these, two logins or two settings would read the same rows differently. */
const settings = {
  search_path: '',
  timezone: 'UTC',
  datestyle: 'ISO, YMD',
  intervalstyle: 'iso_8601',
  extra_float_digits: '1',
  bytea_output: 'hex',
  lc_monetary: 'C',
};

/** Throws RangeError where row security hides rows, for the digest would not be of all of them. */
export async function readTableContents(probe: ContentsProbe, world: ProbeWorld): Promise<Observation> {
  const { id, database, sample = {} } = probe;
  const contents = await inReadOnlyTransaction(
    database,
    world,
    (client) => readContents(client, probe),
    timeoutMs,
  );
  const lines = Object.entries(contents).map(([table, content]) => `${table}: ${content}`);
  world.record.keep(`probe ${id}: table contents`, lines.join('\n'));
  const parts = Object.entries(sample).map(([table, percent]) => `${percent} % of ${table}`);
  const which = parts.length > 0 ? ` (${parts.join(', ')})` : '';
  return {
    value: contents,
    shown: `${lines.length} tables${which}, sha256 ${sha256Hex(lines.join('\n'))}`,
  };
}

async function readContents(
  client: pg.Client,
  { tables, sample = {} }: ContentsProbe,
): Promise<Record<string, string>> {
  const named = tables?.map((name): NamedTable => ({ name, quoted: quoteTable(name) }));
  const all = named ?? (await allTables(client));
  // While names still mean what the login's search path says.
  const found: NamedTable[] = [];
  for (const table of all) found.push({ ...table, quoted: await whole(client, table) });
  const unknown = Object.keys(sample).filter((name) => !found.some((table) => table.name === name));
  if (unknown.length > 0)
    throw new RangeError(
      `expected tables that are read under \`sample\`, got ${unknown.join(', ')}; read are ${found.map(({ name }) => name).join(', ')}`,
    );
  for (const [setting, value] of Object.entries(settings))
    await client.query('select pg_catalog.set_config($1, $2, true)', [setting, value]);
  const contents: Record<string, string> = {};
  for (const { name, quoted } of found) {
    await refuseRowSecurity(client, quoted);
    contents[name] = await readRows(client, quoted, sample[name]);
  }
  return contents;
}

/** With its schema, quoted. Throws PostgreSQL's error for a table that is not there. */
async function whole(client: pg.Client, { quoted }: NamedTable): Promise<string> {
  const { rows } = await client.query(
    `select pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as name
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = $1::regclass`,
    [quoted],
  );
  return z.object({ name: z.string() }).parse(rows[0]).name;
}

const sums = z.object({ rows: z.string(), a: z.string(), b: z.string() });

/** `x.*` is the row itself, also where a column is called x. Sums do not depend on the order of rows; two rows that are alike count twice. */
async function readRows(client: pg.Client, quoted: string, percent: number | undefined): Promise<string> {
  const part = percent === undefined ? '' : ` tablesample system (${percent}) repeatable (1)`;
  const { rows } = await client.query(
    `select count(*)::text as rows,
            coalesce(sum(pg_catalog.hashtextextended(line, 0)), 0)::text as a,
            coalesce(sum(pg_catalog.hashtextextended(line, 1)), 0)::text as b
       from (select (x.*)::text collate "C" as line from ${quoted} as x${part}) as lines`,
  );
  const { rows: count, a, b } = sums.parse(rows[0]);
  return `${count} rows, ${sha256Hex(`${count} ${a} ${b}`).slice(0, digits)}`;
}
