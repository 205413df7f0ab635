import type { Backup } from '../backup/backup.ts';
import { requireFingerprint } from '../backup/require-fingerprint.ts';
import { type CutPlanRow, stateAfter, writesText } from '../cut/cut-plan.ts';
import { digestText } from '../document/digest-text.ts';
import { ownTree } from '../own-tree.ts';
import type { CutOrder, Phase, PhaseOutcome } from '../phases/phase.ts';
import { Refusal } from '../phases/refusal.ts';
import { type LiveExecutionAdapter, liveMark, requireExecution } from './live-seam.ts';
import type { PgConnection } from './pg-connection.ts';
import { recordLegB } from './record-leg-b.ts';
import { recordVerification, requireVerified } from './record-verification.ts';
import { requireAuthorization } from './require-authorization.ts';

export type ConnectionProvider = () => Promise<PgConnection>;

/** Writes inside the adapter's transaction and tells how many rows it wrote, by table. */
type PhaseWriter = (connection: PgConnection) => Promise<Readonly<Record<string, number>>>;

export interface ProductionAdapterSettings {
  readonly connections?: ConnectionProvider;
  readonly backup?: Backup;
  /** Folder of the tree whose kill switch counts. */
  readonly tree?: string;
}

/**
 * Opens connections with a driver that is handed in, to a DSN that is handed in. Nothing is read from the environment: what is not
 * said is not guessed.
 * @throws Refusal `no-dsn`, `no-client` (by the returned function)
 */
export function defaultConnectionProvider(
  settings: { readonly dsn?: string; readonly connect?: (dsn: string) => Promise<PgConnection> } = {},
): ConnectionProvider {
  return async () => {
    if (!settings.dsn)
      throw new Refusal('no-dsn', 'expected a DSN, got none. Configure one before a LIVE run.');
    if (!settings.connect)
      throw new Refusal('no-client', 'expected a PostgreSQL driver, got none. Hand in `connect`.');
    return settings.connect(settings.dsn);
  };
}

/**
 * Writes production: one connection and one transaction a phase. Each phase asks the kill switch before it opens a connection and again
 * before it commits, and whatever is thrown in between rolls the phase back.
 */
export class ProductionLiveExecutionAdapter implements LiveExecutionAdapter {
  readonly [liveMark] = true;
  readonly #settings: ProductionAdapterSettings;
  readonly #tree: string;

  constructor(settings: ProductionAdapterSettings = {}) {
    this.#settings = settings;
    this.#tree = settings.tree ?? ownTree();
  }

  /** Keeps production as it is, encrypted, and records where. Without a usable key nothing is read, let alone written. */
  async preWriteBackup(order: CutOrder): Promise<PhaseOutcome> {
    requireExecution(this.#tree);
    const backup = await requireBackup(this.#settings.backup);
    return this.#inTransaction('preWriteBackup', order, async (connection) => {
      const { place, digest } = await backup.take(order.cutId);
      await connection.query(INSERT_REVERT, [order.cutId, place, digest, backup.recipient]);
      return { revert_record: 1 };
    });
  }

  /** Writes new units as drafts, and a new version of each one that is revised or reinstated. */
  async cutLegA(order: CutOrder): Promise<PhaseOutcome> {
    requireExecution(this.#tree);
    const rows = order.plan.rows.filter(writesText).map(withContent);
    return this.#inTransaction('cutLegA', order, async (connection) => {
      for (const { row, title, body } of rows) {
        if (row.action === 'create') {
          await connection.query(INSERT_UNIT, [row.unitId, order.plan.documentKey, row.address, row.kind]);
        } else {
          requireOneRow(await connection.query(RAISE_VERSION, [row.unitId, isRetired(row)]), row);
        }
        await connection.query(INSERT_VERSION, [row.unitId, title, body, row.digest]);
      }
      const created = rows.filter(({ row }) => row.action === 'create').length;
      return { information_unit: created, unit_version: rows.length };
    });
  }

  /** Records what leg A is found to have written, whatever its number of rows. */
  async legBRecord(order: CutOrder): Promise<PhaseOutcome> {
    requireExecution(this.#tree);
    return this.#inTransaction('legBRecord', order, (connection) => recordLegB(connection, order));
  }

  /** Reads the cut back and records each claim about it as held or not. */
  async writeVerify(order: CutOrder): Promise<PhaseOutcome> {
    requireExecution(this.#tree);
    return this.#inTransaction('writeVerify', order, (connection) => recordVerification(connection, order));
  }

  /** Moves every unit that the plan changes to its new state, and logs the move. Only what is verified is enacted. */
  async lifecycleEnact(order: CutOrder): Promise<PhaseOutcome> {
    requireExecution(this.#tree);
    const rows = order.plan.rows.filter(({ action }) => action !== 'keep');
    return this.#inTransaction('lifecycleEnact', order, async (connection) => {
      await requireVerified(connection, order);
      for (const row of rows) {
        const state = stateAfter(row);
        requireOneRow(
          await connection.query(LOG_MOVE, [row.unitId, state, order.actor, isRetired(row)]),
          row,
        );
        await connection.query(MOVE_UNIT, [row.unitId, state]);
      }
      return { iu_lifecycle_log: rows.length };
    });
  }

  async #inTransaction(phase: Phase, order: CutOrder, write: PhaseWriter): Promise<PhaseOutcome> {
    const connection = await (this.#settings.connections ?? defaultConnectionProvider())();
    try {
      await connection.query('BEGIN');
      await requireAuthorization(connection, order);
      const rows = await write(connection);
      requireExecution(this.#tree);
      await connection.query('COMMIT');
      return { phase, simulated: false, rows };
    } catch (error) {
      // A connection that is gone cannot roll back; the server does it then, and the first error is the one that counts.
      await connection.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      await connection.end().catch(() => undefined);
    }
  }
}

async function requireBackup(backup: Backup | undefined): Promise<Backup> {
  if (backup === undefined) {
    throw new Refusal(
      'backup-not-provisioned',
      'expected a backup, got none. Configure one before a LIVE run.',
    );
  }
  requireFingerprint(backup.recipient);
  await backup.requireReady();
  return backup;
}

/** Whether the row is about a unit that is retired so far; all others are about one that lives. */
function isRetired({ action }: CutPlanRow): boolean {
  return action === 'reinstate';
}

function withContent(row: CutPlanRow): { row: CutPlanRow; title: string; body: string } {
  if (row.content === undefined) {
    throw new Refusal(
      'content-missing',
      `expected the text of ${row.address}, got its digest only. Plan again from the document.`,
    );
  }
  if (digestText(row.content.body) !== row.digest) {
    throw new Refusal(
      'content-missing',
      `expected the text of ${row.address} with digest ${row.digest}, got another.`,
    );
  }
  return { row, ...row.content };
}

function requireOneRow({ rows }: { readonly rows: readonly unknown[] }, row: CutPlanRow): void {
  if (rows.length === 1) return;
  throw new Refusal(
    'state-mismatch',
    `expected one unit ${row.address} to ${row.action}, got ${rows.length}. Plan again.`,
  );
}

const INSERT_REVERT =
  'INSERT INTO revert_record (cut_id, backup_place, backup_digest, recipient) VALUES ($1, $2, $3, $4)';
const INSERT_UNIT = `INSERT INTO information_unit (id, document_key, address, kind, current_version, lifecycle)
  VALUES ($1, $2, $3, $4, 1, 'draft')`;
const RAISE_VERSION = `UPDATE information_unit SET current_version = current_version + 1
  WHERE id = $1 AND (lifecycle = 'retired') = $2 RETURNING id`;
const INSERT_VERSION = `INSERT INTO unit_version (unit_id, version, title, body, digest)
  SELECT id, current_version, $2, $3, $4 FROM information_unit WHERE id = $1`;
const LOG_MOVE = `INSERT INTO iu_lifecycle_log (unit_id, from_state, to_state, actor)
  SELECT id, lifecycle, $2, $3 FROM information_unit WHERE id = $1 AND (lifecycle = 'retired') = $4 RETURNING unit_id`;
const MOVE_UNIT = 'UPDATE information_unit SET lifecycle = $2 WHERE id = $1';
