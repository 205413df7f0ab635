import type { Lifecycle } from '../cut/cut-plan.ts';
import type { UnitKind } from '../cut/information-unit.ts';
import type { PgConnection } from '../live/pg-connection.ts';
import type { CutOrder } from '../phases/phase.ts';
import { Refusal } from '../phases/refusal.ts';
import type { DocumentHistory, UnitHistory, Version } from './unit-history.ts';

/**
 * Reads what has become of a document since a cut took its backup. One statement, so that all of it is of one moment; nothing is written.
 * @throws Refusal `nothing-to-revert` when no such cut of this plan has a backup: it was not begun
 */
export async function readHistory(
  connection: PgConnection,
  { cutId, plan }: Pick<CutOrder, 'cutId' | 'plan'>,
): Promise<DocumentHistory> {
  const { rows } = await connection.query(SELECT_HISTORY, [cutId, plan.documentKey, plan.digest]);
  const read: unknown = rows[0]?.['units'];
  if (typeof read !== 'string') {
    throw new Refusal('nothing-to-revert', `expected a cut ${cutId} of this plan that was begun, got none.`);
  }
  return { documentKey: plan.documentKey, units: (JSON.parse(read) as UnitRow[]).map(historyOf) };
}

/** As the statement below builds it. */
interface UnitRow {
  readonly id: string;
  readonly address: string;
  readonly kind: UnitKind;
  readonly lifecycle: Lifecycle;
  /** Current one first, at most two. */
  readonly versions: readonly [Version, Version?];
  readonly versions_since: number;
  readonly states_since: readonly Lifecycle[];
}

function historyOf({ id, address, kind, lifecycle, versions, ...since }: UnitRow): UnitHistory {
  const [current, previous] = versions;
  return {
    ...{ unitId: id, address, kind, lifecycle, current, ...(previous === undefined ? {} : { previous }) },
    ...{ versionsSince: since.versions_since, statesSince: since.states_since },
  };
}

const SELECT_HISTORY = `SELECT (
    SELECT coalesce(json_agg(json_build_object(
      'id', u.id, 'address', u.address, 'kind', u.kind, 'lifecycle', u.lifecycle,
      'versions', (SELECT json_agg(json_build_object('title', v.title, 'body', v.body, 'digest', v.digest) ORDER BY v.version DESC)
         FROM unit_version v WHERE v.unit_id = u.id AND v.version > u.current_version - 2),
      'versions_since', (SELECT count(*) FROM unit_version v WHERE v.unit_id = u.id AND v.created_at >= r.prepared_at),
      'states_since', (SELECT coalesce(json_agg(l.from_state ORDER BY l.id), '[]'::json)
         FROM iu_lifecycle_log l WHERE l.unit_id = u.id AND l.logged_at >= r.prepared_at)
    ) ORDER BY u.address), '[]'::json) FROM information_unit u WHERE u.document_key = a.document_key)::text AS units
  FROM cut_authorization a JOIN revert_record r ON r.cut_id = a.cut_id
 WHERE a.cut_id = $1 AND a.document_key = $2 AND a.plan_digest = $3`;
