/** How soon a job of a dead worker is given to another one: about `lockMs + stalledCheckMs` at worst. */
export interface QueueTiming {
  /** A worker that has not renewed its lock for this long has lost the job. */
  lockMs: number;
  /** How often lost jobs are looked for. */
  stalledCheckMs: number;
}

/** Recovers a job about 8 s after kill -9 of its worker (BullMQ's own defaults take 60 s). */
export const DEFAULT_TIMING: QueueTiming = { lockMs: 5_000, stalledCheckMs: 5_000 };

/** A job whose workers died this many times is failed the next time: the job itself may be what kills them. */
export const MAX_STALLED_COUNT = 3;

/** How long an ended job can be asked for. Longer than any run should take. */
export const RETENTION_S = 7 * 24 * 60 * 60;

/** How long the store may take to say goodbye before its connections are cut. */
export const GOODBYE_MS = 2_000;
