// The loop that shows one run: pass after pass until the latest state is shown, patient when Slack is not there.
import { setTimeout as delay } from 'node:timers/promises';
import type { RunState } from '../run/state.ts';
import { Attempts, backoffAfter, type PassMemory } from './attempts.ts';
import { explainFailure } from './classify-refusal.ts';
import type { Log } from './ports.ts';

export interface RunLoopParts {
  /** Shows a state; returns when to pass again (ms since the epoch), or null when all is shown. */
  readonly pass: (run: RunState, memory: PassMemory) => Promise<number | null>;
  /** ms until the first try after a failure; each further one waits twice as long, up to 10 s. */
  readonly firstBackoffMs: number;
  readonly log: Log;
  /** Aborted when closing: one pass more, then the end. */
  readonly signal: AbortSignal;
  readonly onIdle: (run: RunState) => void;
}

export class RunLoop {
  readonly #parts: RunLoopParts;
  readonly #memory: PassMemory;
  #latest: RunState | null = null;
  /** Counts what was asked for, so that a pass knows whether it was overtaken. */
  #wanted = 0;
  #working: Promise<void> | null = null;
  #wake = new AbortController();

  constructor(parts: RunLoopParts) {
    this.#parts = parts;
    this.#memory = { changedAt: new Map(), attempts: new Attempts(parts.firstBackoffMs), left: new Set() };
  }

  /** Takes a state; an older one than the latest is ignored. */
  take(run: RunState): void {
    if (this.#latest && run.seq < this.#latest.seq) return;
    this.#latest = run;
    this.look();
  }

  /** Passes again over the latest state. */
  look(): void {
    if (!this.#latest) return;
    this.#wanted += 1;
    this.#wake.abort();
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
  }

  /** Resolves when nothing is left to show. */
  async idle(): Promise<void> {
    while (this.#working) await this.#working;
  }

  async #work(): Promise<void> {
    const { pass, signal, log, onIdle, firstBackoffMs } = this.#parts;
    let failures = 0;
    for (let run = this.#latest; run; run = this.#latest) {
      const wanted = this.#wanted;
      const isLastPass = signal.aborted;
      let again: number | null = null;
      try {
        again = await pass(run, this.#memory);
        failures = 0;
      } catch (error) {
        failures += 1;
        const backoffMs = backoffAfter(failures, firstBackoffMs);
        again = Date.now() + backoffMs;
        if (!isLastPass)
          log.error(
            { runId: run.runId, failures, backoffMs, ...explainFailure(error) },
            'could not show a run in Slack; trying again',
          );
      }
      if (isLastPass) return;
      const isOvertaken = wanted !== this.#wanted;
      if (again === null && !isOvertaken) return onIdle(run);
      // After a failure new states must not shorten the wait.
      if (again !== null && (failures > 0 || !isOvertaken)) await this.#sleepUntil(again, failures === 0);
    }
  }

  async #sleepUntil(time: number, mayWake: boolean): Promise<void> {
    this.#wake = new AbortController();
    const signals = [this.#parts.signal, ...(mayWake ? [this.#wake.signal] : [])];
    await delay(Math.max(0, time - Date.now()), undefined, { signal: AbortSignal.any(signals) }).catch(
      () => undefined,
    );
  }
}
