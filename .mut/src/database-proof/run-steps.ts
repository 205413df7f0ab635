// Runs the steps of a proof, one after the other, inside the open transaction.
import pg from 'pg';
import type { KillSwitch } from '../execution/kill-switch.ts';
import type { DatabaseProof, DatabaseProofStep } from '../plan/schema-database-proof.ts';
import type { Failure, StepFacts } from './facts.ts';
import { countRows, heldXids, measureTimeoutMs } from './measure.ts';
import { readStatement } from './read-statement.ts';

/** ms for which an unreadable switch is waited for here: the transaction is open, and holds locks that others may want. */
const longestWaitMs = 10_000;

export interface StepsRun {
  readonly steps: StepFacts[];
  /** Every transaction id under which a step may have written. */
  readonly xids: Set<string>;
  /** Null when the steps before did not get that far. */
  deferred: 'hold' | Failure | null;
  /** Why steps were left out, when it was not a failed step. */
  stopped: string | null;
  /** Whether the transaction can still be asked: a failed statement ends that. */
  usable: boolean;
}

/** Nothing has been run yet. What `runSteps` learns goes in here, so that it is kept when the connection breaks. */
export function notRun({ steps, role }: DatabaseProof): StepsRun {
  return {
    steps: steps.map((step) => ({
      title: step.title,
      role: step.role ?? role ?? null,
      outcome: 'not-run',
      failure: null,
      rowCount: null,
      rows: [],
      rowsKept: true,
      counts: {},
      durationMs: 0,
    })),
    xids: new Set(),
    deferred: null,
    stopped: null,
    usable: true,
  };
}

/** Rejects when the connection breaks; `run` then holds what was seen until that. */
export async function runSteps(
  client: pg.Client,
  proof: DatabaseProof,
  run: StepsRun,
  { killSwitch, signal }: { readonly killSwitch: KillSwitch; readonly signal: AbortSignal },
): Promise<void> {
  for (const [at, step] of proof.steps.entries()) {
    signal.throwIfAborted();
    if (!proof.readOnly) {
      const { enabled, reason } = await killSwitch.read({ longestWaitMs });
      if (!enabled) {
        run.stopped = `execution was disabled: ${reason}`;
        return;
      }
    }
    const facts = await runStep(client, step, step.role ?? proof.role, proof.statementTimeoutMs);
    run.steps[at] = facts;
    if (facts.outcome === 'failed' && step.expect.error === undefined) {
      run.usable = false;
      return;
    }
    for (const xid of await heldXids(client)) run.xids.add(xid);
    for (const table of Object.keys({ ...step.expect.change, ...step.expect.counts }))
      facts.counts[table] = (await countRows(client, table)).rows;
  }
  signal.throwIfAborted();
  run.deferred = await tryDeferred(client);
  for (const xid of await heldXids(client)) run.xids.add(xid);
}

async function runStep(
  client: pg.Client,
  step: DatabaseProofStep,
  role: string | undefined,
  timeoutMs: number,
): Promise<StepFacts> {
  const isCaught = step.expect.error !== undefined;
  const common = { title: step.title, role: role ?? null };
  if (isCaught) await client.query('savepoint interlock_step');
  await client.query(`set local statement_timeout = ${timeoutMs}; set local role ${quoteRole(role)}`);
  const began = performance.now();
  const duration = () => Math.round(performance.now() - began);
  try {
    const result = await readStatement(client, step.sql, step.params);
    const facts: StepFacts = {
      ...common,
      outcome: 'returned',
      failure: null,
      counts: {},
      durationMs: duration(),
      ...result,
    };
    await client.query(measuring);
    return facts;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    const durationMs = duration();
    if (isCaught) {
      await client.query('rollback to savepoint interlock_step');
      await client.query(measuring);
    }
    return {
      ...common,
      outcome: 'failed',
      failure: toFailure(error),
      rowCount: null,
      rows: [],
      rowsKept: true,
      counts: {},
      durationMs,
    };
  }
}

/** What is counted between the steps is counted by the login. */
const measuring = `set local role none; set local statement_timeout = ${measureTimeoutMs}`;

function quoteRole(role: string | undefined): string {
  return role === undefined ? 'none' : pg.escapeIdentifier(role);
}

/** What a commit would look at first. */
async function tryDeferred(client: pg.Client): Promise<'hold' | Failure> {
  await client.query('savepoint interlock_deferred');
  try {
    await client.query('set constraints all immediate');
    return 'hold';
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    await client.query('rollback to savepoint interlock_deferred');
    return toFailure(error);
  }
}

const maxMessageChars = 4_000;

function toFailure({ code, message }: pg.DatabaseError): Failure {
  const isKept = message.length <= maxMessageChars;
  return { sqlstate: code ?? '', message: isKept ? message : `[a message of ${message.length} characters]` };
}
