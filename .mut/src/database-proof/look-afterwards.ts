// What is there once the proof is over, seen from a new connection and in a new transaction.
import type pg from 'pg';
import { z } from 'zod';
import type { DatabaseProof } from '../plan/schema-database-proof.ts';
import type { DatabaseProofFacts } from './facts.ts';
import {
  countRows,
  readPrepared,
  readSequences,
  type SequenceReading,
  type TableReading,
} from './measure.ts';
import { settleSettings } from './open-session.ts';

export interface Suspect {
  /** 64 bits; null when the transaction never had one. */
  readonly xid: string | null;
  /** 32 bits each. */
  readonly xids: readonly string[];
  readonly pid: number;
  readonly applicationName: string;
  /** Its connection broke: the server may not know yet. */
  readonly isLost: boolean;
}

export interface Afterwards {
  readonly status: DatabaseProofFacts['transaction']['status'];
  readonly tables: ReadonlyMap<string, TableReading>;
  readonly sequences: readonly SequenceReading[];
  readonly prepared: readonly string[];
}

/** ms for which the server may take to end a session that lost its client. */
const endingMs = 15_000;

const statusRow = z.object({ status: z.enum(['aborted', 'committed', 'in progress']).nullable() });

export async function lookAfterwards(
  client: pg.Client,
  proof: DatabaseProof,
  suspect: Suspect,
): Promise<Afterwards> {
  if (suspect.isLost)
    // Waits until it is gone: before that, nobody can say how its transaction ended. Only ever our own session of that name.
    await client.query(
      `select pg_catalog.pg_terminate_backend(pid, $3) from pg_catalog.pg_stat_activity
        where pid = $1 and application_name = $2`,
      [suspect.pid, suspect.applicationName, endingMs],
    );
  await settleSettings(client, proof);
  await client.query('begin transaction isolation level repeatable read, read only');
  const tables = new Map<string, TableReading>();
  for (const { table, contents } of proof.watch)
    tables.set(table, await countRows(client, table, { xids: suspect.xids, contents }));
  const status =
    suspect.xid === null
      ? null
      : statusRow.parse(
          (await client.query('select pg_catalog.pg_xact_status($1::xid8) as status', [suspect.xid])).rows[0],
        ).status;
  const sequences = await readSequences(client);
  const prepared = await readPrepared(client);
  await client.query('rollback');
  return { status, tables, sequences, prepared };
}
