import { QueueError } from './queue-error.ts';

/**
 * One job in the hands of this worker: its abort signal, and the watch over its lock.
 *
 * The lock is watched here as well as by BullMQ, because a renewal that hangs (Redis out of reach) reports nothing,
 * while on the other side of the outage the lock lapses and another worker begins the same gate.
 */
export class ActiveJob {
  readonly #controller = new AbortController();
  readonly #lockMs: number;
  readonly #jobId: string;
  #lapse: NodeJS.Timeout;
  #abandon: () => void = () => undefined;
  #isAbandoned = false;

  /** Rejects when the worker gives up waiting for a job that does not obey its signal. */
  readonly abandoned: Promise<never>;

  constructor(jobId: string, lockMs: number) {
    this.#jobId = jobId;
    this.#lockMs = lockMs;
    this.#lapse = this.#watchLock();
    this.abandoned = new Promise((_resolve, reject) => {
      this.#abandon = () => reject(closingError(jobId));
    });
    // Most jobs are never abandoned, and nobody listens then.
    this.abandoned.catch(() => undefined);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why the job was told to stop; undefined while it may go on. */
  get reason(): QueueError | undefined {
    const { reason } = this.#controller.signal;
    return reason instanceof QueueError ? reason : undefined;
  }

  lockRenewed(): void {
    clearTimeout(this.#lapse);
    this.#lapse = this.#watchLock();
  }

  lockLost(): void {
    this.#controller.abort(
      new QueueError(
        'lock-lost',
        `expected this worker to hold the lock of job ${this.#jobId}, got it lost; stop`,
      ),
    );
  }

  cancel(why: string): void {
    this.#controller.abort(new QueueError('cancelled', `job ${this.#jobId} was cancelled: ${why}`));
  }

  workerClosing(): void {
    this.#controller.abort(closingError(this.#jobId));
  }

  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  abandon(): void {
    this.#isAbandoned = true;
    this.#abandon();
  }

  end(): void {
    clearTimeout(this.#lapse);
  }

  #watchLock(): NodeJS.Timeout {
    return setTimeout(() => this.lockLost(), this.#lockMs);
  }
}

function closingError(jobId: string): QueueError {
  return new QueueError(
    'worker-closing',
    `the worker of job ${jobId} is closing; another worker will be given it`,
  );
}
