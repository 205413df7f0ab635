import { writesText } from '../cut/cut-plan.ts';
import type { CutOrder } from '../phases/phase.ts';
import { Refusal } from '../phases/refusal.ts';
import { VERIFY_CLAIMS, type VerifyClaim } from '../phases/verify-claims.ts';
import type { PgConnection } from './pg-connection.ts';

/**
 * Reads a cut back and records each claim as held or not; a claim that does not hold is recorded too, and `requireVerified` stops there.
 * All texts are hashed by the server, so that a text that was changed beside its digest shows. One reading, whatever the number of rows.
 */
export async function recordVerification(
  connection: PgConnection,
  order: CutOrder,
): Promise<Readonly<Record<string, number>>> {
  const held = await measureClaims(connection, order);
  for (const claim of VERIFY_CLAIMS) await connection.query(INSERT_CLAIM, [order.cutId, claim, held[claim]]);
  return { verify_record: VERIFY_CLAIMS.length };
}

/** @throws Refusal `not-verified` unless every claim about the cut is recorded as held */
export async function requireVerified(connection: PgConnection, { cutId }: CutOrder): Promise<void> {
  const { rows } = await connection.query(SELECT_HELD, [cutId]);
  const held = new Set(rows.map((row) => row['claim']));
  const missing = VERIFY_CLAIMS.filter((claim) => !held.has(claim));
  if (missing.length === 0) return;
  throw new Refusal(
    'not-verified',
    `expected every claim about cut ${cutId} to hold, got no such record of ${missing.join(', ')}. Do not enact it.`,
  );
}

async function measureClaims(
  connection: PgConnection,
  { plan }: CutOrder,
): Promise<Readonly<Record<VerifyClaim, boolean>>> {
  const planned = plan.rows.map((row) => ({
    unit_id: row.unitId,
    address: row.address,
    digest: row.digest,
    written: writesText(row),
  }));
  const { rows } = await connection.query(MEASURE, [plan.documentKey, JSON.stringify(planned)]);
  const count = (name: string) => Number(rows[0]?.[name]);
  const written = plan.rows.filter(writesText).length;
  return {
    'units-present': count('present') === written,
    'digests-equal': count('equal') === written,
    'nothing-else-changed': count('untouched') === plan.rows.length - written && count('strangers') === 0,
  };
}

/** Strangers are units of the document that live and that the plan does not know. */
const MEASURE = `WITH planned AS (
    SELECT * FROM json_to_recordset($2::json) AS p (unit_id uuid, address text, digest text, written boolean)
  ), unit AS (
    SELECT u.id, u.address, u.lifecycle, v.digest, encode(sha256(convert_to(v.body, 'UTF8')), 'hex') AS measured
      FROM information_unit u JOIN unit_version v ON v.unit_id = u.id AND v.version = u.current_version
     WHERE u.document_key = $1
  ), pair AS (
    SELECT p.written, u.lifecycle, u.digest = p.digest AND u.measured = p.digest AS equal
      FROM planned p JOIN unit u ON u.id = p.unit_id AND u.address = p.address
  )
  SELECT (SELECT count(*) FROM pair WHERE written)::text AS present,
         (SELECT count(*) FROM pair WHERE written AND equal)::text AS equal,
         (SELECT count(*) FROM pair WHERE NOT written AND equal AND lifecycle <> 'retired')::text AS untouched,
         (SELECT count(*) FROM unit WHERE lifecycle <> 'retired'
             AND NOT EXISTS (SELECT FROM planned p WHERE p.unit_id = unit.id))::text AS strangers`;
const INSERT_CLAIM = 'INSERT INTO verify_record (cut_id, claim, held) VALUES ($1, $2, $3)';
const SELECT_HELD = 'SELECT claim FROM verify_record WHERE cut_id = $1 AND held';
