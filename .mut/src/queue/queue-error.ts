export type QueueErrorCode =
  /** The queue's server cannot be reached or refused the operation; the caller may do it again. */
  | 'queue-unavailable'
  | 'bad-redis-url'
  /** Redis may lose jobs; LIVE runs are refused on it. */
  | 'redis-not-durable'
  | 'bad-role'
  | 'bad-job-id'
  /** A job's data was not written by a gate queue. */
  | 'bad-payload'
  /** Reason of an aborted job signal: its worker is closing; another worker will be given the job. */
  | 'worker-closing'
  /** Reason of an aborted job signal: this worker no longer owns the job; another one may have begun it. */
  | 'lock-lost'
  /** Reason of an aborted job signal: someone asked for this job to end. */
  | 'cancelled';

/** A fault of the queue, or the reason of an aborted job signal. Decide by `code`; the message is for people. */
export class QueueError extends Error {
  override readonly name = 'QueueError';
  readonly code: QueueErrorCode;

  constructor(code: QueueErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Runs one operation on the queue's server and gives every fault of it one code. */
export async function reachQueue<T>(what: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    if (cause instanceof QueueError) throw cause;
    throw new QueueError(
      'queue-unavailable',
      `expected the queue to ${what}, got an error; check that Redis (or the data directory) is there and try again`,
      { cause },
    );
  }
}
