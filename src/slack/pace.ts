// Slack's rate limit, kept by one client for everything it sends: after a 429 nothing goes out until its time is over.
import { setTimeout as delay } from 'node:timers/promises';
import { WebAPIRateLimitedError } from '@slack/web-api';

export class Pace {
  #quietUntil = 0;
  readonly #signal: AbortSignal;

  /** The signal ends waiting; what waited then throws an AbortError. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Calls Slack, and again after a 429: a call that was limited did nothing, so even a post may be repeated. */
  async call<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      const waitMs = this.#quietUntil - Date.now();
      if (waitMs > 0) await delay(waitMs, undefined, { signal: this.#signal });
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof WebAPIRateLimitedError)) throw error;
        this.#quietUntil = Math.max(this.#quietUntil, Date.now() + error.retryAfter * 1000);
      }
    }
  }
}
