import { HostError } from './host-error.ts';

/** Frees a slot; harmless when called twice. */
export type Release = () => void;

type Waiter = { readonly grant: () => void };

/** A number of slots, given out in the order of asking. */
export class Slots {
  #free: number;
  readonly #waiting: Waiter[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves once a slot is free. Throws `aborted` when the signal comes first. */
  async take(signal?: AbortSignal): Promise<Release> {
    if (signal?.aborted) throw abortedWhileWaiting(signal);
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.#waiting.shift();
      if (next) next.grant();
      else this.#free += 1;
    };
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        grant: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(abortedWhileWaiting(signal));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiter);
    });
  }
}

function abortedWhileWaiting(signal: AbortSignal | undefined): HostError {
  return new HostError('aborted', 'aborted while waiting for a free channel; nothing was started', {
    ended: true,
    cause: signal?.reason,
  });
}
