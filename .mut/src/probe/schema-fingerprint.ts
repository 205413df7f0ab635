// The form of a PostgreSQL database: what its catalog says of some schemas, as lines whose order does not depend on the
// database, and their digest.
import type pg from 'pg';
import { z } from 'zod';
import { sha256Hex } from '../evidence/digest.ts';
import type { Probe } from '../plan/schema-probes.ts';
import { inReadOnlyTransaction } from './read-only-transaction.ts';
import type { Observation, ProbeWorld } from './read-probe.ts';
import { catalogQueries } from './schema-queries.ts';

/** One fact about one object, such as `public.orders` and `column id bigint not null`. */
const lineRow = z.object({ object: z.string(), line: z.string() });
type Line = z.infer<typeof lineRow>;

/** Hex digits that are kept of an object's own digest: enough to tell which object changed, beside the whole fingerprint. */
const shortDigits = 12;

export async function readSchemaFingerprint(
  probe: Extract<Probe, { kind: 'schema-fingerprint' }>,
  world: ProbeWorld,
): Promise<Observation> {
  const lines = await inReadOnlyTransaction(probe.database, world, (client) =>
    readLines(client, probe.schemas),
  );
  const text = lines.map(({ object, line }) => `${object}: ${JSON.stringify(line)}`).join('\n');
  world.record.keep(`probe ${probe.id}: schema`, text);
  const fingerprint = `sha256:${sha256Hex(text)}`;
  const objects = [...Map.groupBy(lines, ({ object }) => object)].map(([object, facts]) => [
    object,
    sha256Hex(facts.map(({ line }) => JSON.stringify(line)).join('\n')).slice(0, shortDigits),
  ]);
  const tables = lines.filter(({ line }) => /^(?:partitioned )?table/.test(line)).length;
  return {
    value: { fingerprint, ...Object.fromEntries(objects) },
    shown: `${tables} tables, ${objects.length} objects, ${fingerprint}`,
  };
}

async function readLines(client: pg.Client, schemas: readonly string[]): Promise<Line[]> {
  const { rows } = await client.query('select nspname from pg_catalog.pg_namespace where nspname = any($1)', [
    schemas,
  ]);
  const present = rows.map((row) => z.object({ nspname: z.string() }).parse(row).nspname);
  const missing = schemas.filter((schema) => !present.includes(schema));
  // Nothing would never change, and a misspelt schema would pass for one that was watched.
  if (missing.length > 0)
    throw new RangeError(`expected the schema ${missing.join(', ')}, got none of that name`);
  // With it, names in definitions would be written with or without their schema, by the settings of the role.
  await client.query(`select pg_catalog.set_config('search_path', '', true)`);
  const lines: Line[] = [];
  for (const query of catalogQueries) {
    const answer = await client.query(query, [schemas]);
    lines.push(...answer.rows.map((row) => lineRow.parse(row)));
  }
  const key = ({ object, line }: Line) => `${object}\n${line}`;
  return lines.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}
