// A proof from its text to what was seen of it: refuse, connect, run, roll back, look again.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { z } from 'zod';
import type { KillSwitch } from '../execution/kill-switch.ts';
import type { DatabaseProof } from '../plan/schema-database-proof.ts';
import { inDatabaseSession } from '../probe/database-session.ts';
import type { ProbeWorld } from '../probe/read-probe.ts';
import { describeProof } from './describe-proof.ts';
import type { DatabaseProofFacts, SessionFacts } from './facts.ts';
import { type Afterwards, lookAfterwards } from './look-afterwards.ts';
import {
  countRows,
  hasTaken,
  measureTimeoutMs,
  readPrepared,
  readSequences,
  readSession,
  type SequenceReading,
  type TableReading,
} from './measure.ts';
import { type Login, readLogin, settleSettings, tryRoles } from './open-session.ts';
import { DatabaseProofError } from './proof-error.ts';
import type { References } from './references.ts';
import { readSteps } from './refuse-steps.ts';
import { notRun, runSteps, type StepsRun } from './run-steps.ts';
import { type Reach, surveyReach } from './survey-reach.ts';

export interface ProofWorld extends Pick<ProbeWorld, 'database' | 'host' | 'signal'> {
  readonly killSwitch: KillSwitch;
}

/** What the proof's own session has seen, until its end. */
export interface Inside {
  readonly login: Login;
  readonly reach: Reach;
  readonly run: StepsRun;
  /** Rows of each watched table. */
  readonly before: ReadonlyMap<string, TableReading>;
  readonly sequences: readonly SequenceReading[];
  readonly prepared: readonly string[];
  readonly inside: Map<string, number>;
  xid: string | null;
  ended: DatabaseProofFacts['transaction']['ended'];
  session: SessionFacts | null;
  /** Of each sequence whose value has changed. */
  readonly taken: Map<string, boolean | null>;
}

/**
 * Runs a proof; everything it does is rolled back. Texts in the facts are not redacted. Throws DatabaseProofError when nothing
 * was run, and with `aborted` when the signal ended the connection, upon which the server rolls back by itself.
 */
export async function runDatabaseProof(proof: DatabaseProof, world: ProofWorld): Promise<DatabaseProofFacts> {
  const { refusals, references } = await readSteps(proof);
  if (refusals.length > 0) throw refused('statement-refused', proof, refusals);
  if (!proof.readOnly) {
    const { enabled, reason } = await world.killSwitch.read();
    if (!enabled)
      throw new DatabaseProofError(
        'execution-disabled',
        `expected that execution is enabled, since ${proof.id} writes before it rolls back; got disabled: ${reason}`,
      );
  }
  const applicationName = `interlock-proof-${randomBytes(4).toString('hex')}`;
  const settings = { applicationName, statementTimeoutMs: measureTimeoutMs };
  const inside = await inDatabaseSession(proof.database, world, settings, (client) =>
    runInside(client, proof, references, world),
  ).catch((error: unknown) => {
    throw world.signal.aborted ? aborted(proof, error) : notBegun(proof, error);
  });
  const suspect = {
    xid: inside.xid,
    xids: [...inside.run.xids],
    pid: inside.login.pid,
    applicationName,
    isLost: inside.ended === 'lost',
  };
  const afterwards = await inDatabaseSession(proof.database, world, settings, (client) =>
    lookAfterwards(client, proof, suspect),
  ).catch((error: unknown): Afterwards | string => {
    if (world.signal.aborted) throw aborted(proof, error);
    return messageOf(error);
  });
  return describeProof(proof, inside, afterwards);
}

const xidRow = z.object({ xid: z.string().nullable() });

async function runInside(
  client: pg.Client,
  proof: DatabaseProof,
  references: References,
  world: ProofWorld,
): Promise<Inside> {
  const login = await readLogin(client, proof);
  await settleSettings(client, proof);
  await client.query(
    `begin transaction isolation level repeatable read, ${proof.readOnly ? 'read only' : 'read write'}`,
  );
  const roles = [proof.role, ...proof.steps.map(({ role }) => role)].filter((role) => role !== undefined);
  await tryRoles(client, [...new Set(roles)], login.login);
  const reach = await surveyReach(client, references, proof.allow);
  if (reach.refusals.length > 0) throw refused('reach-refused', proof, reach.refusals);
  await client.query(`select pg_catalog.set_config('search_path', $1, true)`, [proof.searchPath.join(', ')]);
  const seen: Inside = {
    login,
    reach,
    run: notRun(proof),
    before: await countBefore(client, proof),
    sequences: await readSequences(client),
    prepared: await readPrepared(client),
    inside: new Map(),
    // Asked for at once: a connection that breaks in the first step must leave something to ask the server about.
    xid: proof.readOnly ? null : await readXid(client, 'pg_current_xact_id'),
    ended: 'rolled-back',
    session: null,
    taken: new Map(),
  };
  try {
    await runToTheEnd(client, proof, seen, world);
    await client.query('rollback');
    await readLeftovers(client, seen);
  } catch (error) {
    if (world.signal.aborted) throw error;
    seen.ended = 'lost';
    seen.run.stopped ??= `the connection was lost: ${messageOf(error)}`;
  }
  return seen;
}

/** A measurement that PostgreSQL refuses ends the steps, and is no lost connection. */
async function runToTheEnd(
  client: pg.Client,
  proof: DatabaseProof,
  seen: Inside,
  world: ProofWorld,
): Promise<void> {
  const { run } = seen;
  try {
    await runSteps(client, proof, run, world);
    if (!run.usable) return;
    if (proof.readOnly) seen.xid = await readXid(client, 'pg_current_xact_id_if_assigned');
    if (run.stopped !== null) return;
    for (const { table } of proof.watch) seen.inside.set(table, (await countRows(client, table)).rows);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    run.stopped ??= `nothing more could be measured: ${error.code} ${error.message}`;
  }
}

async function readLeftovers(client: pg.Client, seen: Inside): Promise<void> {
  seen.session = await readSession(client);
  for (const { name, value } of await readSequences(client))
    if (seen.sequences.some((each) => each.name === name && each.value !== value))
      seen.taken.set(name, await hasTaken(client, name));
}

async function readXid(
  client: pg.Client,
  by: 'pg_current_xact_id' | 'pg_current_xact_id_if_assigned',
): Promise<string | null> {
  return xidRow.parse((await client.query(`select pg_catalog.${by}()::text as xid`)).rows[0]).xid;
}

async function countBefore(
  client: pg.Client,
  proof: DatabaseProof,
): Promise<ReadonlyMap<string, TableReading>> {
  const counts = new Map<string, TableReading>();
  try {
    for (const { table, contents } of proof.watch)
      counts.set(table, await countRows(client, table, { contents }));
    return counts;
  } catch (cause) {
    if (!(cause instanceof pg.DatabaseError)) throw cause;
    throw new DatabaseProofError(
      'table-unreadable',
      `expected watched tables all of whose rows the login can see, got ${cause.code}: ${cause.message}; GRANT SELECT, and BYPASSRLS where rows are hidden`,
      { cause },
    );
  }
}

function refused(
  code: 'statement-refused' | 'reach-refused',
  { id }: DatabaseProof,
  refusals: readonly string[],
): DatabaseProofError {
  return new DatabaseProofError(
    code,
    `expected that all of ${id} can be rolled back, got ${refusals.length} refusals:\n${refusals.join('\n')}`,
    { refusals },
  );
}

function aborted({ id }: DatabaseProof, cause: unknown): DatabaseProofError {
  return new DatabaseProofError(
    'aborted',
    `${id} was stopped and its connection ended; the server rolls back by itself, and nobody has looked again`,
    { cause },
  );
}

function notBegun({ id, database }: DatabaseProof, cause: unknown): DatabaseProofError {
  if (cause instanceof DatabaseProofError) return cause;
  const code = cause instanceof pg.DatabaseError ? 'catalog-unreadable' : 'unreachable';
  return new DatabaseProofError(
    code,
    `expected to begin ${id} on ${database}, got: ${messageOf(cause)}; nothing was run`,
    { cause },
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
