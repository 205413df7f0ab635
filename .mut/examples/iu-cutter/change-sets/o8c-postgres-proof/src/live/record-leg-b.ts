import { writesText } from '../cut/cut-plan.ts';
import type { CutOrder } from '../phases/phase.ts';
import { Refusal } from '../phases/refusal.ts';
import type { PgConnection } from './pg-connection.ts';

/**
 * Records leg A against the plan's digest. The number of rows is measured in the database and not taken from the plan: the manifest says
 * what is there. One statement, whatever that number is.
 * @throws Refusal `state-mismatch` when what is there is not what leg A of this plan writes
 */
export async function recordLegB(
  connection: PgConnection,
  { cutId, plan }: CutOrder,
): Promise<Readonly<Record<string, number>>> {
  const written = plan.rows.filter(writesText);
  const asked = written.map(({ unitId, digest }) => ({ unit_id: unitId, digest }));
  const { rows } = await connection.query(COUNT_WRITTEN, [plan.documentKey, JSON.stringify(asked)]);
  const found = Number(rows[0]?.['found']);
  if (found !== written.length) {
    throw new Refusal(
      'state-mismatch',
      `expected ${written.length} units as leg A wrote them, got ${found}. Revert the cut and plan again.`,
    );
  }
  await connection.query(INSERT_MANIFEST, [cutId, plan.digest, found]);
  return { cut_manifest: 1 };
}

const COUNT_WRITTEN = `SELECT count(*)::text AS found FROM json_to_recordset($2::json) AS planned (unit_id uuid, digest text)
  JOIN information_unit u ON u.id = planned.unit_id AND u.document_key = $1
  JOIN unit_version v ON v.unit_id = u.id AND v.version = u.current_version AND v.digest = planned.digest`;
const INSERT_MANIFEST = 'INSERT INTO cut_manifest (cut_id, plan_digest, row_count) VALUES ($1, $2, $3)';
