// Slack's rate limits, which count for each method: after a 429 no call of that method goes out until its time is over.
import { setTimeout as delay } from 'node:timers/promises';
import { WebAPIRateLimitedError } from '@slack/web-api';

export type Method =
  | 'auth.test'
  | 'chat.postMessage'
  | 'chat.update'
  | 'conversations.history'
  | 'conversations.replies'
  | 'files'
  | 'reactions.add';

export class Pace {
  readonly #quietUntil = new Map<Method, number>();
  readonly #signal: AbortSignal;

  /** The signal ends waiting; what waited then throws an AbortError. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Calls Slack, and again after a 429: a call that was limited did nothing, so even a post may be repeated. */
  async call<T>(method: Method, work: () => Promise<T>): Promise<T> {
    for (;;) {
      const waitMs = this.#waitMs(method);
      if (waitMs > 0) await delay(waitMs, undefined, { signal: this.#signal });
      try {
        return await this.#watch(method, work);
      } catch (error) {
        if (!(error instanceof WebAPIRateLimitedError)) throw error;
      }
    }
  }

  /** Calls Slack once, for what nobody waits for. Throws WebAPIRateLimitedError at once while the method has to be left alone. */
  async once<T>(method: Method, work: () => Promise<T>): Promise<T> {
    const waitMs = this.#waitMs(method);
    if (waitMs > 0) throw new WebAPIRateLimitedError(waitMs / 1000);
    return this.#watch(method, work);
  }

  async #watch<T>(method: Method, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof WebAPIRateLimitedError)
        this.#quietUntil.set(
          method,
          Math.max(this.#quietUntil.get(method) ?? 0, Date.now() + error.retryAfter * 1000),
        );
      throw error;
    }
  }

  #waitMs(method: Method): number {
    return (this.#quietUntil.get(method) ?? 0) - Date.now();
  }
}
