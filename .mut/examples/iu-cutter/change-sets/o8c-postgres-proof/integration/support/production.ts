import { cutDocument } from '../../src/cut/cut-document.ts';
import { type CutPlan, planCut } from '../../src/cut/cut-plan.ts';
import { openDocument } from '../../src/document/source-document.ts';
import type { PgConnection } from '../../src/live/pg-connection.ts';
import type { CutOrder } from '../../src/phases/phase.ts';

/** As many as production has. */
export const SEEDED_UNITS = 158;

export const TABLES = [
  'information_unit',
  'unit_version',
  'iu_lifecycle_log',
  'governance_ruling',
  'governance_signature',
  'cut_authorization',
  'cut_manifest',
  'verify_record',
  'revert_record',
] as const;
export type Counts = Readonly<Record<(typeof TABLES)[number], number>>;

/** A document of this many paragraphs, each a unit. */
export function rulesText(count: number): string {
  return Array.from({ length: count }, (_, at) => `Rule ${at + 1} says: keep the door shut.\n`).join('\n');
}

/** What a cut of the text would change about a document that was cut from `before`; from nothing, without it. */
export function planOf(key: string, text: string, before = ''): CutPlan {
  const known = cutDocument(openDocument(`${key}.md`, before));
  const document = openDocument(`${key}.md`, text);
  const inventory = new Map(known.map(({ address, digest }) => [address, digest]));
  return planCut(document, cutDocument(document), inventory);
}

export function orderOf(plan: CutPlan, cutId = 'cut-1'): CutOrder {
  return { cutId, actor: 'integration', plan };
}

/** Writes the units of a document as an earlier cut has left them, enacted. */
export async function seedDocument(connection: PgConnection, { documentKey, rows }: CutPlan): Promise<void> {
  const units = rows.map(({ unitId, address, kind, digest, content }) => ({
    ...{ id: unitId, document_key: documentKey, address, kind, current_version: 1, lifecycle: 'enacted' },
    ...{ unit_id: unitId, version: 1, ...content, digest, created_at: '2025-01-01T09:00:00Z' },
  }));
  for (const table of ['information_unit', 'unit_version']) {
    await connection.query(
      `INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, $1::json)`,
      [JSON.stringify(units)],
    );
  }
}

export async function seedRuling(connection: PgConnection): Promise<void> {
  await connection.query(
    "INSERT INTO governance_ruling VALUES ('ruling-1', 'the cuts of this suite', 'approved', now())",
  );
}

/** Lets a cut be made until an hour from now, or until another moment in SQL. */
export async function authorize(
  connection: PgConnection,
  { cutId, plan }: CutOrder,
  notAfter = "now() + interval '1 hour'",
): Promise<void> {
  await connection.query(`INSERT INTO cut_authorization VALUES ($1, 'ruling-1', $2, $3, ${notAfter}, NULL)`, [
    cutId,
    plan.documentKey,
    plan.digest,
  ]);
}

export async function countRows(connection: PgConnection): Promise<Counts> {
  const counts: [string, number][] = [];
  for (const table of TABLES) {
    const { rows } = await connection.query(`SELECT count(*)::text AS n FROM ${table}`);
    counts.push([table, Number(rows[0]?.['n'])]);
  }
  return Object.fromEntries(counts) as Counts;
}

/** One digest a table, over every value of every row. */
export async function digestRows(connection: PgConnection): Promise<Readonly<Record<string, unknown>>> {
  const digests: Record<string, unknown> = {};
  for (const table of TABLES) {
    const { rows } = await connection.query(
      `SELECT md5(coalesce(string_agg(to_json(t)::text, ',' ORDER BY to_json(t)::text), '')) AS digest FROM ${table} t`,
    );
    digests[table] = rows[0]?.['digest'];
  }
  return digests;
}
