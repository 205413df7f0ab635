import { type Job, WaitingError } from 'bullmq';
import type { JsonValue } from '../ledger/json-value.ts';
import { ActiveJob } from './active-job.ts';
import { openWorkerBackend, type QueueConnection } from './connection.ts';
import { announceEmbeddedWorker } from './embedded-workers.ts';
import { queueName } from './job-names.ts';
import { packPayload, tryUnpackPayload } from './payload.ts';
import { QueueError } from './queue-error.ts';
import type { QueueLog } from './queue-log.ts';
import { settlesWithin } from './settles-within.ts';
import { DEFAULT_TIMING, GOODBYE_MS, MAX_STALLED_COUNT, type QueueTiming } from './timing.ts';

const DEFAULT_OBEY_MS = 5_000;

export interface GateJob {
  id: string;
  data: JsonValue;
  /** Which start of this job this is, from 1. From 2 on, an earlier worker began it: look at the world first. */
  attempt: number;
}

/**
 * Carries out a job. Its result travels back as the job's value; what it throws fails the job, message and all, so
 * the message must hold no secret. When the signal aborts it should stop soon and throw; `signal.reason` is a
 * QueueError `worker-closing`, `lock-lost` or `cancelled`. `report` never rejects and returns within 2 s.
 */
export type GateProcess = (
  job: GateJob,
  signal: AbortSignal,
  report: (progress: JsonValue) => Promise<void>,
) => Promise<JsonValue>;

export interface GateWorkerOptions {
  connection: QueueConnection;
  role: string;
  /** How many jobs at a time. */
  concurrency: number;
  process: GateProcess;
  log?: QueueLog;
  timing?: QueueTiming;
}

export interface GateWorker {
  /** Aborts a job that this worker holds; false when it holds no such job. The job's own ending still counts. */
  cancel(jobId: string, why: string): boolean;
  /**
   * Takes no more jobs, waits up to `drainMs` for those in hand, then aborts them and waits up to `obeyMs` (5,000 when
   * absent) for them to stop. A job that stops for that reason goes back to the queue at once; one that does not stop
   * is left behind and found stalled a few seconds later, so end the process then.
   */
  close(options: { drainMs: number; obeyMs?: number }): Promise<void>;
}

/**
 * Starts a worker of a role. While Redis is away it waits and goes on by itself.
 * @throws QueueError `bad-role`, `bad-redis-url`
 */
export async function startGateWorker(options: GateWorkerOptions): Promise<GateWorker> {
  const { connection, role, log, timing = DEFAULT_TIMING } = options;
  const name = queueName(role);
  const backend = await openWorkerBackend(connection);
  const active = new Map<string, ActiveJob>();
  let closing: Promise<void> | undefined;

  async function carryOut(job: Job, token: string | undefined): Promise<{ json: string }> {
    const jobId = job.id ?? '';
    // A job can still arrive in the moment in which the worker begins to close.
    if (closing !== undefined) return handBack(job, token);
    const held = new ActiveJob(jobId, timing.lockMs);
    active.set(jobId, held);
    try {
      const work = options.process(readJob(job), held.signal, (progress) => report(job, progress));
      return packPayload(await Promise.race([work, held.abandoned]));
    } catch (error) {
      // Lost: whoever holds the lock now decides what becomes of it. Abandoned: its process may still be at work, so
      // the job stays ours until the lock lapses.
      if (held.reason?.code === 'lock-lost' || held.isAbandoned) throw new WaitingError();
      if (held.reason?.code === 'worker-closing') return await handBack(job, token);
      throw printable(error);
    } finally {
      held.end();
      active.delete(jobId);
    }
  }

  /** WaitingError tells BullMQ to leave the job where it is now. */
  async function handBack(job: Job, token: string | undefined): Promise<never> {
    const moved = job.moveToWait(token).catch((error: unknown) => {
      log?.warn({ err: error, jobId: job.id }, 'a job could not be handed back; it will be found stalled');
    });
    await settlesWithin(moved, GOODBYE_MS);
    throw new WaitingError();
  }

  async function report(job: Job, progress: JsonValue): Promise<void> {
    const reported = job.updateProgress(packPayload(progress)).catch((error: unknown) => {
      log?.warn({ err: error, jobId: job.id }, 'progress could not be reported');
    });
    // While Redis is away a gate must not hang on a mere hint: its lock lapses and it has to hear of it.
    await settlesWithin(reported, GOODBYE_MS);
  }

  const worker = new backend.classes.Worker(name, carryOut, {
    connection,
    concurrency: options.concurrency,
    lockDuration: timing.lockMs,
    stalledInterval: timing.stalledCheckMs,
    maxStalledCount: MAX_STALLED_COUNT,
  });
  worker.on('error', (error) => log?.warn({ err: error, queue: name }, 'the worker reported an error'));
  worker.on('locksRenewed', ({ jobIds }) => {
    for (const jobId of jobIds) active.get(jobId)?.lockRenewed();
  });
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const jobId of jobIds) active.get(jobId)?.lockLost();
  });
  const countOut =
    connection.kind === 'embedded' ? announceEmbeddedWorker(connection.database, role) : () => undefined;

  async function drain(drainMs: number, obeyMs: number): Promise<void> {
    countOut();
    const closed = worker.close();
    if (active.size > 0 && !(await settlesWithin(closed, drainMs))) {
      for (const job of active.values()) job.workerClosing();
      if (!(await settlesWithin(closed, obeyMs))) {
        log?.warn(
          { jobIds: [...active.keys()], queue: name },
          'jobs did not stop; the worker closes without them',
        );
        for (const job of active.values()) job.abandon();
      }
    }
    await settlesWithin(closed, GOODBYE_MS);
    await backend.close();
  }

  return {
    cancel(jobId, why) {
      const held = active.get(jobId);
      held?.cancel(why);
      return held !== undefined;
    },
    close({ drainMs, obeyMs = DEFAULT_OBEY_MS }) {
      closing ??= drain(drainMs, obeyMs);
      return closing;
    },
  };
}

function readJob(job: Job): GateJob {
  const id = job.id ?? '';
  const data = tryUnpackPayload(job.data);
  if (data === undefined) {
    throw new QueueError('bad-payload', `expected job ${id} to be written by a gate queue, got other data`);
  }
  return { id, data, attempt: Math.max(1, job.attemptsStarted) };
}

/** An error that every store can keep: PostgreSQL's text takes no NUL, and captured output has them. */
function printable(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && !message.includes('\0')) return error;
  return new Error(message.replaceAll('\0', '\u2400'), { cause: error });
}
