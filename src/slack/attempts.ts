// How often something was tried in vain, and when it is tried again.

/** A person is waited for, so no pause is longer than 10 s. */
export const mostBackoffMs = 10_000;

/** ms until the next try after so many in vain. */
export function backoffAfter(failures: number, firstMs: number): number {
  return Math.min(firstMs * 2 ** Math.max(0, failures - 1), mostBackoffMs);
}

/** What nobody waits for, and never got an answer, is tried again after half a minute, then ever more seldom. */
const seldom = { timesFirst: 60, mostMs: 3_600_000 };

/** Of one run, by the key of a message or file. The counts are also in the table of postings, when they are due is not. */
export class Attempts {
  readonly #firstMs: number;
  readonly #failed = new Map<string, { count: number; dueAt: number }>();

  constructor(firstMs: number) {
    this.#firstMs = firstMs;
  }

  /** Counts a try in vain; `waitMs` is what Slack asks for, and is kept. */
  failed(key: string, waitMs = 0): void {
    const count = this.count(key) + 1;
    this.#failed.set(key, {
      count,
      dueAt: Date.now() + Math.max(waitMs, backoffAfter(count, this.#firstMs)),
    });
  }

  /** Waits longer for something that holds up nothing any more; `late` counts the tries since then. */
  putBack(key: string, late: number): void {
    const waitMs = Math.min(this.#firstMs * seldom.timesFirst * 2 ** late, seldom.mostMs);
    this.#failed.set(key, { count: this.count(key), dueAt: Date.now() + waitMs });
  }

  /** Takes up a count of before a restart: it may be tried at once. */
  recall(key: string, count: number): void {
    if (!this.#failed.has(key)) this.#failed.set(key, { count, dueAt: 0 });
  }

  count(key: string): number {
    return this.#failed.get(key)?.count ?? 0;
  }

  /** When it may be tried again, ms since the epoch; 0 for what never failed. */
  dueAt(key: string): number {
    return this.#failed.get(key)?.dueAt ?? 0;
  }

  forget(key: string): void {
    this.#failed.delete(key);
  }
}

/** What passes over one run remember of each other. */
export interface PassMemory {
  /** When each message last changed in the workspace (ms since the epoch). */
  readonly changedAt: Map<string, number>;
  readonly attempts: Attempts;
  /** Threads that took no reply, by their timestamp: the run went on in another. */
  readonly left: Set<string>;
}
