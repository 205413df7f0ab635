// How often something was tried in vain, and when it is tried again.

/** A person is waited for, so no pause is longer than 10 s. */
export const mostBackoffMs = 10_000;

/** ms until the next try after so many in vain. */
export function backoffAfter(failures: number, firstMs: number): number {
  return Math.min(firstMs * 2 ** Math.max(0, failures - 1), mostBackoffMs);
}

/** Of one run, by the key of a message or file. In memory: after a restart everything may be tried anew. */
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
