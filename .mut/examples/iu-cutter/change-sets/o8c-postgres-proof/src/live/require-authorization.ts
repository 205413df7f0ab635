import type { CutOrder } from '../phases/phase.ts';
import { Refusal } from '../phases/refusal.ts';
import type { PgConnection } from './pg-connection.ts';

/**
 * Asks for an authorization of this cut, of this document, with this plan's digest. The row lock holds a revocation back until the
 * transaction has ended.
 * @throws Refusal `not-authorized`
 */
export async function requireAuthorization(
  connection: PgConnection,
  { cutId, plan }: CutOrder,
): Promise<void> {
  const { rows } = await connection.query(SELECT_AUTHORIZATION, [cutId, plan.documentKey, plan.digest]);
  if (rows.length === 1) return;
  throw new Refusal(
    'not-authorized',
    `expected a valid authorization of cut ${cutId} for this plan, got none.`,
  );
}

const SELECT_AUTHORIZATION = `SELECT cut_id FROM cut_authorization
  WHERE cut_id = $1 AND document_key = $2 AND plan_digest = $3 AND revoked_at IS NULL AND not_after > now() FOR UPDATE`;
