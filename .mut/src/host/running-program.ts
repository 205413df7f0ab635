import { finished, type Readable, type Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

/** How a started program came to its end. `lost`: nobody told us, so it may have failed or still be running. */
export type Ending =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'lost'; readonly cause: unknown };

/** A started program, wherever it runs. */
export type RunningProgram = {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the program has ended and both outputs are read to their end. Never rejects. */
  readonly ending: Promise<Ending>;
  /** Sends a signal to the program and all that it started; does nothing where that is impossible. */
  kill(signal: 'TERM' | 'KILL'): void;
  /** Lets go of a program that did not end. */
  abandon(): void;
};

/** Gives a program its input. `onUnreadable` is called when the source fails; the program then never sees its end. */
export function feed(
  program: RunningProgram,
  input: Readable | string | Uint8Array,
  onUnreadable: (cause: unknown) => void,
): void {
  // A program may end without reading all that it is offered; its exit code decides, not our broken pipe.
  program.stdin.on('error', () => {});
  if (typeof input === 'string' || input instanceof Uint8Array) {
    program.stdin.end(input);
    return;
  }
  finished(input, { writable: false }, (cause) => {
    if (cause) onUnreadable(cause);
  });
  input.pipe(program.stdin);
}

/** SIGTERM is sent more than once: one that meets a shell between its fork and the program it starts is lost. */
const TERMS = 4;

/**
 * SIGTERM, then SIGKILL, each with `graceMs` to take effect, then lets go.
 * Resolves with whether the program is known to have ended.
 */
export async function endByForce(program: RunningProgram, graceMs: number): Promise<boolean> {
  const done = new AbortController();
  const ended = program.ending.then((ending) => ending.kind !== 'lost');
  const endsWithin = (ms: number): Promise<boolean | undefined> =>
    Promise.race([ended, delay(ms, undefined, { signal: done.signal }).catch(() => undefined)]);
  try {
    for (let term = 0; term < TERMS; term += 1) {
      program.kill('TERM');
      const known = await endsWithin(graceMs / TERMS);
      if (known !== undefined) return known;
    }
    program.kill('KILL');
    const known = await endsWithin(graceMs);
    if (known !== undefined) return known;
    program.abandon();
    return false;
  } finally {
    done.abort();
  }
}
