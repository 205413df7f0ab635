// Keeps the open approvals swept: now and then, at once when something may have been missed, and soon again when that failed.
import { backoffAfter, mostBackoffMs } from './attempts.ts';
import type { Log } from './ports.ts';

export interface KeptSwept {
  /** Sweeps at once: votes may have been missed. */
  now(): void;
  /** Sweeps within 10 s: a vote was heard and not recorded. Slack may still repeat it, which says more of it. */
  soon(): void;
  stop(): void;
}

const firstBackoffMs = 1_000;

export function keepSwept(sweep: () => Promise<void>, everyMs: number, log: Log): KeptSwept {
  let timer: NodeJS.Timeout | undefined;
  let dueAt = 0;
  let failures = 0;
  let stopped = false;

  function later(ms: number): void {
    clearTimeout(timer);
    dueAt = Date.now() + ms;
    if (!stopped) timer = setTimeout(now, ms);
  }

  function now(): void {
    clearTimeout(timer);
    sweep().then(
      () => {
        failures = 0;
        later(everyMs);
      },
      (error: unknown) => {
        failures += 1;
        log.error({ failures, error: String(error) }, 'could not sweep the open approvals; trying again');
        later(Math.min(everyMs, backoffAfter(failures, firstBackoffMs)));
      },
    );
  }

  later(everyMs);
  return {
    now,
    soon() {
      if (dueAt - Date.now() > mostBackoffMs) later(mostBackoffMs);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
