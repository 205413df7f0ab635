import type { JsonValue } from '../ledger/json-value.ts';
import { openProducerBackend, type QueueBackend, type QueueConnection } from './connection.ts';
import { countEmbeddedWorkers } from './embedded-workers.ts';
import { checkJobId } from './job-names.ts';
import { packPayload, tryUnpackPayload } from './payload.ts';
import { reachQueue } from './queue-error.ts';
import type { QueueLog } from './queue-log.ts';
import { openRoleQueue, type RoleQueue, STALLED_CHECK_WORKER } from './role-queue.ts';
import { settlesWithin } from './settles-within.ts';
import { DEFAULT_TIMING, GOODBYE_MS, type QueueTiming, RETENTION_S } from './timing.ts';

export type JobOutcome =
  /** Never enqueued, removed, or ended more than seven days ago. */
  | { state: 'absent' }
  /** `progress` is what the worker reported last; `startedAt` is RFC 3339 UTC, of the last start. */
  | { state: 'waiting' | 'active'; progress?: JsonValue; startedAt?: string }
  | { state: 'completed'; value: JsonValue }
  /** `attemptsMade` counts ended attempts. The reason is the worker's error message. */
  | { state: 'failed'; reason: string; attemptsMade: number };

type SettledListener = (jobId: string, role: string) => void;
type ProgressListener = (jobId: string, progress: JsonValue, role: string) => void;

export interface GateQueueOptions {
  connection: QueueConnection;
  log?: QueueLog;
  timing?: QueueTiming;
}

/** The control plane's side of the queue: puts gate jobs on role queues and asks what became of them. */
export class GateQueue {
  readonly #backend: QueueBackend;
  readonly #connection: QueueConnection;
  readonly #timing: QueueTiming;
  readonly #log: QueueLog | undefined;
  readonly #roles = new Map<string, Promise<RoleQueue>>();
  readonly #checkers = new Map<string, ReturnType<RoleQueue['openStalledCheck']>>();
  readonly #settled = new Set<SettledListener>();
  readonly #progress = new Set<ProgressListener>();

  private constructor(backend: QueueBackend, options: GateQueueOptions) {
    this.#backend = backend;
    this.#connection = options.connection;
    this.#timing = options.timing ?? DEFAULT_TIMING;
    this.#log = options.log;
  }

  /** @throws QueueError `queue-unavailable` when Redis does not answer now, `bad-redis-url` */
  static async open(options: GateQueueOptions): Promise<GateQueue> {
    return new GateQueue(await openProducerBackend(options.connection, options.log), options);
  }

  /**
   * Puts a job on the role's queue; does nothing when a job of that id is there already, in whatever state.
   * @param jobId deterministic, `<run>-<gate>-<attempt>`
   * @throws QueueError `queue-unavailable`, `bad-role`, `bad-job-id`
   */
  async enqueue(role: string, jobId: string, data: JsonValue): Promise<void> {
    checkJobId(jobId);
    const { jobs } = await this.#role(role);
    await reachQueue(`take job ${jobId}`, () =>
      jobs.add('gate', packPayload(data), {
        jobId,
        // Whether a failed gate is tried again is the coordinator's decision, not BullMQ's.
        attempts: 1,
        // By age only: by count, the PostgreSQL backend deadlocks under load.
        removeOnComplete: { age: RETENTION_S },
        removeOnFail: { age: RETENTION_S },
      }),
    );
  }

  /** What became of a job. The only source of truth on this side. @throws QueueError `queue-unavailable` */
  async outcome(role: string, jobId: string): Promise<JobOutcome> {
    const { jobs } = await this.#role(role);
    return reachQueue(`tell the state of job ${jobId}`, async () => {
      // State first: a job read before it ends and judged after would be completed without its value.
      const state = await jobs.getJobState(checkJobId(jobId));
      const job = state === 'unknown' ? undefined : await jobs.getJob(jobId);
      if (job === undefined) return { state: 'absent' };
      if (state === 'failed') return failed(job.failedReason, job.attemptsMade);
      if (state === 'completed') {
        const value = tryUnpackPayload(job.returnvalue);
        if (value === undefined)
          return failed('the result was not written by a gate worker', job.attemptsMade);
        return { state, value };
      }
      const progress = tryUnpackPayload(job.progress);
      return {
        state: state === 'active' ? 'active' : 'waiting',
        ...(progress === undefined ? {} : { progress }),
        ...(job.processedOn === undefined ? {} : { startedAt: new Date(job.processedOn).toISOString() }),
      };
    });
  }

  /**
   * Calls `listener` when a job has probably ended; returns the function that ends it. A hint and never truth: it can
   * be missed or come twice. Ask `outcome`, and ask from time to time without a hint.
   */
  onSettled(listener: SettledListener): () => void {
    this.#settled.add(listener);
    return () => this.#settled.delete(listener);
  }

  /** Calls `listener` with what workers report on the way. A hint, like `onSettled`. */
  onProgress(listener: ProgressListener): () => void {
    this.#progress.add(listener);
    return () => this.#progress.delete(listener);
  }

  /** How many connected workers serve the role now. @throws QueueError `queue-unavailable` */
  async workersOf(role: string): Promise<number> {
    const { jobs } = await this.#role(role);
    if (this.#connection.kind === 'embedded') return countEmbeddedWorkers(this.#connection.database, role);
    const workers = await reachQueue(`list the workers of ${role}`, () => jobs.getWorkers());
    return workers.filter(({ rawname }) => rawname?.endsWith(`:w:${STALLED_CHECK_WORKER}`) !== true).length;
  }

  /** Returns jobs of dead workers to the queue from now on, also when the role's only worker has died. */
  async startStalledCheck(role: string): Promise<void> {
    const { openStalledCheck } = await this.#role(role);
    const checker = this.#checkers.get(role) ?? openStalledCheck();
    this.#checkers.set(role, checker);
    checker.catch(() => this.#checkers.delete(role));
    await checker;
  }

  /** Removes a job that no worker holds; false when there is none or a worker holds it. */
  async remove(role: string, jobId: string): Promise<boolean> {
    const { jobs } = await this.#role(role);
    return reachQueue(`remove job ${jobId}`, async () => {
      // Redis reports an absent job as removed.
      if ((await jobs.getJobState(checkJobId(jobId))) === 'unknown') return false;
      return (await jobs.remove(jobId)) === 1;
    });
  }

  /** Closes every connection, within seconds also while Redis is away. Jobs and workers are not touched. */
  async close(): Promise<void> {
    this.#settled.clear();
    this.#progress.clear();
    await settlesWithin(this.#closeRoles(), GOODBYE_MS);
    await this.#backend.close();
  }

  async #closeRoles(): Promise<void> {
    const checkers = await Promise.all(this.#checkers.values());
    const roles = await Promise.all(this.#roles.values());
    await Promise.all([
      ...checkers.map((checker) => checker.close(true)),
      ...roles.flatMap(({ jobs, events }) => [events.close(), jobs.close()]),
    ]);
  }

  async #role(role: string): Promise<RoleQueue> {
    const known = this.#roles.get(role);
    if (known !== undefined) return known;
    const opening = this.#open(role);
    this.#roles.set(role, opening);
    // A role that could not be opened is opened anew by the next call.
    opening.catch(() => this.#roles.delete(role));
    return opening;
  }

  async #open(role: string): Promise<RoleQueue> {
    const opened = await reachQueue(`open the queue of ${role}`, () =>
      openRoleQueue(role, {
        backend: this.#backend,
        connection: this.#connection,
        timing: this.#timing,
        log: this.#log,
      }),
    );
    const settled = ({ jobId }: { jobId: string }) => {
      for (const listener of this.#settled) listener(jobId, role);
    };
    opened.events.on('completed', settled);
    opened.events.on('failed', settled);
    opened.events.on('progress', ({ jobId, data }) => {
      const progress = tryUnpackPayload(data);
      if (progress === undefined) return;
      for (const listener of this.#progress) listener(jobId, progress, role);
    });
    return opened;
  }
}

function failed(reason: string, attemptsMade: number): JobOutcome {
  return { state: 'failed', reason, attemptsMade };
}
