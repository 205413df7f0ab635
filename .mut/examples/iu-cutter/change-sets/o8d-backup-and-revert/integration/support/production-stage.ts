import { writeFile } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import type { Backup } from '../../src/backup/backup.ts';
import { switchFile } from '../../src/kill-switch/execution-enabled.ts';
import {
  type ConnectionProvider,
  ProductionLiveExecutionAdapter,
} from '../../src/live/production-adapter.ts';
import { BACKUP } from '../../test/support/recording-connection.ts';
import { temporaryTree } from '../../test/support/temporary-tree.ts';
import { forTests } from './for-tests.ts';
import { planOf, rulesText, SEEDED_UNITS, seedDocument, seedRuling } from './production.ts';
import type { PsqlSession } from './psql-session.ts';
import { rollbackOnly } from './rollback-only.ts';
import { createDatabase, type TransientDatabase } from './transient-database.ts';

export interface ProductionStage {
  readonly database: TransientDatabase;
  /** The session that legs run in. */
  readonly session: PsqlSession;
  /** Another one, which sees what everybody else sees. */
  readonly witness: PsqlSession;
}

/**
 * Registers a database with the rows of production for the tests of a file; it is gone after them.
 * @param prepare what else this file needs in it
 */
export function openStage(
  prepare: (session: PsqlSession) => Promise<void> = async () => undefined,
): ProductionStage {
  const stage = forTests(
    () => seedStage(prepare),
    ({ database }) => database.drop(),
  );
  return {
    get database() {
      return stage().database;
    },
    get session() {
      return stage().session;
    },
    get witness() {
      return stage().witness;
    },
  };
}

async function seedStage(prepare: (session: PsqlSession) => Promise<void>): Promise<ProductionStage> {
  const database = await createDatabase();
  try {
    const [session, witness] = [database.open(), database.open()];
    await seedRuling(session);
    await seedDocument(session, planOf('house-rules', rulesText(SEEDED_UNITS)));
    await prepare(session);
    return { database, session, witness };
  } catch (error) {
    await database.drop();
    throw error;
  }
}

/**
 * Hands the action an adapter whose every phase is rolled back, in a tree of its own that is switched on.
 * @param backup one that keeps nothing, unless told otherwise
 */
export async function withAdapter<T>(
  context: TestContext,
  session: PsqlSession,
  action: (adapter: ProductionLiveExecutionAdapter, tree: string) => Promise<T>,
  backup: Backup = BACKUP,
): Promise<T> {
  const tree = await temporaryTree(context);
  await writeFile(switchFile(tree), '{"execution_enabled": true}');
  return rollbackOnly(session, (connections: ConnectionProvider) =>
    action(new ProductionLiveExecutionAdapter({ connections, tree, backup }), tree),
  );
}
