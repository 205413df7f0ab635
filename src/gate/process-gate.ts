// One job on a worker: parse, believe nothing that is not signed or pinned, run the gate, give back its result.
import { z } from 'zod';
import { ExecutionError } from '../execution/execution-error.ts';
import type { Spendable } from '../execution/nonces.ts';
import { HostError } from '../host/host-error.ts';
import { planDigest } from '../plan/digest.ts';
import { mutatingKinds } from '../plan/gate-traits.ts';
import { type Json, json } from '../plan/schema-scalars.ts';
import type { Check, GateResult, Mutation, Reason } from '../run/gate-result.ts';
import { concludeGate, requireBefore, tolerate } from './conclude.ts';
import { type Gate, type GateContext, GateStop } from './context.ts';
import type { GateJob } from './job.ts';
import { redactResult } from './redact-result.ts';

/** What the worker holds of a gate that it runs: the gate's own context, and what only the worker does. */
export interface WorkerContext extends GateContext, AsyncDisposable {
  /**
   * Begins with the authorization, on this worker's record; resolves with whether that was begun before and cut off. Throws
   * ExecutionError `authorization-spent`.
   */
  begin(): Promise<boolean>;
  /** Once the gate has ended: spends on the target host what was begun there, if it was. Throws HostError. */
  spendOnHost(authorization: Spendable): Promise<void>;
}

export type MakeContext = (
  job: GateJob,
  signal: AbortSignal,
  progress: (text: string) => Promise<void>,
) => WorkerContext;

/** Runs one gate. Never throws for what the gate met: that is its result. `start` counts the starts of this job, from 1. */
export async function processGate(
  context: WorkerContext,
  gates: readonly Gate[],
  start = 1,
): Promise<GateResult> {
  const { job } = context;
  const startedAt = context.now().toISOString();
  const ended = asPrecondition(context, await settle(job, gates, context, start > 1));
  const { record, executor, machine } = context;
  record.keepChanges();
  const result: GateResult = {
    gate: job.gate,
    attempt: job.attempt,
    status: ended.status,
    reason: ended.reason,
    machine,
    startedAt,
    finishedAt: context.now().toISOString(),
    checks: decided(context),
    facts: ended.facts,
    mutations: [...executor.journal],
    evidence: [...record.evidence],
  };
  return redactResult(result, context.redact);
}

/** An earlier start of this job was cut off and its journal with it: that nothing was changed can no longer be said. */
function afterStart(again: boolean, { definition, mode }: GateJob, ended: Ended): Ended {
  if (!again || mode === 'DRYRUN' || ended.status !== 'blocked' || !mutatingKinds.has(definition.kind))
    return ended;
  const before =
    'This gate was started more than once, and an earlier start was cut off: what it had changed is not in this journal.';
  const code = ended.reason?.code ?? 'blocked';
  return {
    ...ended,
    status: 'inconclusive',
    reason: { code, text: `${before} Now: ${ended.reason?.text ?? 'blocked'}` },
  };
}

const factsSchema = z.record(z.string(), json);

type Ended = Pick<GateResult, 'status' | 'reason' | 'facts'>;

/** `again` when the queue says that the job was started before; a queue that has lost its jobs does not know. */
async function settle(
  job: GateJob,
  gates: readonly Gate[],
  context: WorkerContext,
  again: boolean,
): Promise<Ended> {
  const gate = gates.find(({ kind }) => kind === job.definition.kind);
  if (!gate)
    return stopped(
      'blocked',
      'unknown-gate',
      `This worker knows no gate of kind ${job.definition.kind}; it runs an older Interlock than the control plane. Update it.`,
    );
  const digest = planDigest(job.plan);
  if (digest !== job.planDigest)
    return stopped(
      'blocked',
      'plan-digest',
      `expected the plan that the run pinned (${job.planDigest}), got ${digest}; the job was altered on its way`,
    );
  let begunBefore = again;
  try {
    // Before anything else: the plan's commands and the facts' paths are as trustworthy as the signature over them.
    context.permit();
    begunBefore = (await context.begin().catch(unwritable)) || again;
    // As JSON, since that is how they travel; what is undefined is left out.
    const facts = factsSchema.parse(JSON.parse(JSON.stringify(await gate.run(context))));
    const ended = { ...simulatedOr(context.executor.journal, concludeGate(decided(context))), facts };
    return afterStart(begunBefore, job, ended);
  } catch (error) {
    return afterStart(begunBefore, job, explain(error, context));
  }
}

/** Without a record on this worker the same permission could be used again, so nothing is begun. */
function unwritable(cause: unknown): never {
  if (cause instanceof ExecutionError) throw cause;
  throw new GateStop(
    'blocked',
    'record-unwritable',
    `expected to note in this worker’s data directory that the gate begins, got ${String(cause)}. Nothing was changed. Make room on its disk, and start the run anew.`,
    { cause },
  );
}

/** The gate's criteria as they count: nothing that a mutating gate finds is tolerated, nor does its failing read as blocked. */
function decided(context: GateContext): Check[] {
  const { record, gate } = context;
  if (mutatingKinds.has(gate.kind)) return [...record.checks];
  const counted = tolerate(record.checks, gate.tolerates);
  return isPrecondition(context) ? requireBefore(counted) : counted;
}

function isPrecondition({ gate, executor }: GateContext): boolean {
  return (
    gate.otherwise === 'blocked' &&
    !mutatingKinds.has(gate.kind) &&
    executor.journal.every(({ simulated }) => simulated)
  );
}

/** Also of what a job ends by itself, without a criterion. */
function asPrecondition(context: GateContext, ended: Ended): Ended {
  return ended.status === 'fail' && isPrecondition(context) ? { ...ended, status: 'blocked' } : ended;
}

/** A gate whose mutations were simulated did not run, whatever its criteria say. */
function simulatedOr(
  journal: readonly Mutation[],
  concluded: Pick<GateResult, 'status' | 'reason'>,
): Pick<GateResult, 'status' | 'reason'> {
  if (concluded.status !== 'pass' || !journal.some(({ simulated }) => simulated)) return concluded;
  const would = journal.map(({ kind, target }) => `${kind} ${target}`).join('; ');
  return { status: 'not-run', reason: { code: 'dryrun', text: `DRYRUN: would have done ${would}` } };
}

function explain(error: unknown, context: GateContext): Ended {
  const touched = context.executor.journal.some(({ simulated }) => !simulated);
  const facts: { [key: string]: Json } = error instanceof GateStop ? error.facts : {};
  // What the gate decided before it was stopped stays decided: a failed criterion is not softened by a later error.
  const soFar = concludeGate(decided(context));
  if (soFar.status === 'fail') return { ...soFar, facts };
  if (error instanceof GateStop) return stopped(error.status, error.code, error.message, facts);
  const half = touched
    ? ` Before that, this gate had begun: ${context.executor.journal.map(({ kind, target }) => `${kind} ${target}`).join('; ')}.`
    : ' This attempt changed nothing.';
  const text = `${error instanceof Error ? error.message : String(error)}.${half}`;
  if (context.signal.aborted)
    return stopped(touched ? 'inconclusive' : 'blocked', 'aborted', `Stopped on request. ${text}`);
  if (error instanceof ExecutionError) return stopped(touched ? 'inconclusive' : 'blocked', error.code, text);
  if (error instanceof HostError) {
    const never = [
      'unreachable',
      'host-key-mismatch',
      'auth-failed',
      'locked',
      'exchange-unavailable',
    ].includes(error.code);
    return stopped(never && !touched ? 'blocked' : 'inconclusive', error.code, text);
  }
  return stopped('inconclusive', 'gate-error', text);
}

function stopped(
  status: GateResult['status'],
  code: Reason['code'],
  text: string,
  facts: { [key: string]: Json } = {},
): Ended {
  return { status, reason: { code, text }, facts };
}
