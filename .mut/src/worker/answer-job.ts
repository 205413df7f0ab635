// One job from the queue to its signed answer. A gate that has ended here is answered from the record, not run again: a
// worker may die after its gate has ended and before the queue has heard of it.
import type { KeyObject } from 'node:crypto';
import type { SigningKey } from '../attestation/keys.ts';
import { type Authorization, readAuthorization } from '../execution/authorization.ts';
import type { Nonces } from '../execution/nonces.ts';
import type { Gate } from '../gate/context.ts';
import { claimedBy, type GateJob, jobDigest } from '../gate/job.ts';
import { type MakeContext, processGate, type WorkerContext } from '../gate/process-gate.ts';
import { signAnswer } from '../gate/signed-result.ts';
import { QueueError } from '../queue/queue-error.ts';
import { rememberingNonces } from './remember-answers.ts';
import { createTurns } from './turns.ts';

export interface AnswerParts {
  readonly gates: readonly Gate[];
  readonly makeContext: MakeContext;
  readonly publicKeys: readonly KeyObject[];
  /** The worker's own: what it signs its answers with. */
  readonly signingKey: SigningKey;
  readonly nonces: Nonces;
  readonly log: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
  };
}

/**
 * `start` counts the starts of this job, from 1. Resolves with the signed answer as JSON text. Rejects when it was told to stop,
 * and with ExecutionError for a job that the control plane did not sign: whoever can write to the queue can put one there, and
 * an answer to it, signed by this worker, could stand for the genuine job's.
 */
export type AnswerJob = (
  job: GateJob,
  start: number,
  signal: AbortSignal,
  progress: (text: string) => Promise<void>,
) => Promise<string>;

export function jobAnswerer({ publicKeys, ...parts }: AnswerParts): AnswerJob {
  const { gates, makeContext, signingKey, log } = parts;
  const nonces = rememberingNonces(parts.nonces, { log });
  const turns = createTurns();

  async function decide(
    authorization: Authorization,
    ...[job, start, signal, progress]: Parameters<AnswerJob>
  ): Promise<string> {
    const { run, gate, attempt } = job;
    const known = await nonces.answerOf(authorization);
    await using context = makeContext(job, signal, progress);
    if (known) {
      log.info({ run, gate }, 'gate had ended before; its answer is given again');
      // Whoever ended it may have died before the host was told.
      await tellHost(context, authorization);
      return known;
    }
    log.info({ run, gate }, 'gate begins');
    const result = await processGate(context, gates, start);
    log.info({ run, gate, status: result.status }, 'gate ended');
    // Stopped because this worker closes or lost the job: then the result is not the gate's, and another start's is.
    if (signal.aborted && !(signal.reason instanceof QueueError && signal.reason.code === 'cancelled'))
      throw signal.reason;
    const { nonce } = authorization;
    const { machine } = context;
    const answer = signAnswer(
      { run, gate, attempt, jobDigest: jobDigest(job), nonce, machine, result },
      signingKey,
    );
    // First here and then on the host: whoever dies in between has lost nothing.
    const kept = await nonces.end(authorization, answer);
    if (context.executor.journal.length > 0) await tellHost(context, authorization);
    return kept;
  }

  async function tellHost(context: WorkerContext, authorization: Authorization): Promise<void> {
    const { run, gate } = context.job;
    await context
      .spendOnHost(authorization)
      .catch((error: unknown) =>
        log.warn(
          { run, gate, error: String(error) },
          'the host was not told that the authorization is spent',
        ),
      );
  }

  return async (job, start, signal, progress) => {
    const authorization = readAuthorization(job.authorization, publicKeys, claimedBy(job));
    const act = () => decide(authorization, job, start, signal, progress);
    // Whoever has lost a job's lock may still be ending it when the job is handed out again.
    return turns.take(authorization.nonce, signal, act);
  };
}
