// One at a time of a kind, in this process.

export interface Turns {
  /** Runs `act` once every earlier one of this name has ended, however it did. Rejects when the signal aborts while it waits. */
  take<T>(name: string, signal: AbortSignal, act: () => Promise<T>): Promise<T>;
}

export function createTurns(): Turns {
  const tails = new Map<string, Promise<unknown>>();
  return {
    take(name, signal, act) {
      const before = tails.get(name) ?? Promise.resolve();
      const turn = before.then(() => {
        signal.throwIfAborted();
        return act();
      });
      const tail = turn.catch(() => undefined);
      tails.set(name, tail);
      void tail.then(() => {
        if (tails.get(name) === tail) tails.delete(name);
      });
      return Promise.race([turn, refusedWhile(before, signal)]);
    },
  };
}

/** Rejects when the signal aborts before `before` has ended; otherwise it never settles. */
function refusedWhile(before: Promise<unknown>, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    void before.then(() => signal.removeEventListener('abort', onAbort));
  });
}
