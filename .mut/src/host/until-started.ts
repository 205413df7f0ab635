import { HostError } from './host-error.ts';
import type { RunningProgram } from './running-program.ts';

const START_TIMEOUT_MS = 20_000;

export type Start = {
  readonly host: string;
  readonly title: string;
  /** Milliseconds that an abort leaves the program to come: only one that is here can be seen to end. */
  readonly graceMs: number;
};

/**
 * A program that a server is starting. Throws `timeout` or `aborted` when it does not come; one that comes later than
 * that is ended at once, because nobody waits for it any more.
 */
export async function untilStarted(
  opening: Promise<RunningProgram>,
  start: Start,
  signal?: AbortSignal,
): Promise<RunningProgram> {
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  const giveUp = (code: 'aborted' | 'timeout', before: string, cause?: unknown): void => {
    const why = `${start.title}: expected the server to start it before ${before}, got no answer; it may still start`;
    reject(new HostError(code, why, { host: start.host, ended: false, cause }));
  };
  const timers = [setTimeout(() => giveUp('timeout', `${START_TIMEOUT_MS} ms were over`), START_TIMEOUT_MS)];
  const onAbort = (): void => {
    timers.push(setTimeout(() => giveUp('aborted', 'the abort', signal?.reason), start.graceMs));
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  try {
    return await Promise.race([opening, givenUp]);
  } catch (error) {
    opening.then(endUnwatched, () => {});
    throw error;
  } finally {
    for (const timer of timers) clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

function endUnwatched(program: RunningProgram): void {
  program.stdout.resume();
  program.stderr.resume();
  program.kill('KILL');
  program.abandon();
}
