/** Handlers that are running, so that stopping can wait for them. */
export class InFlight {
  readonly #running = new Set<Promise<unknown>>();

  track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    const done = () => this.#running.delete(work);
    work.then(done, done);
    return work;
  }

  /** Resolves when nothing runs any more, or after `mostMs`. True when everything ended. */
  async drained(mostMs: number): Promise<boolean> {
    const late = AbortSignal.timeout(mostMs);
    const given = new Promise<void>((resolve) =>
      late.addEventListener('abort', () => resolve(), { once: true }),
    );
    while (this.#running.size > 0 && !late.aborted) {
      await Promise.race([Promise.allSettled(this.#running), given]);
    }
    return this.#running.size === 0;
  }
}
