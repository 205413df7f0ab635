import { OutputCollector } from './collect-output.ts';
import type { Command } from './command.ts';
import type { CommandResult, RunOptions } from './host.ts';
import { HostError, type HostErrorCode } from './host-error.ts';
import { endByForce, feed, type RunningProgram } from './running-program.ts';

const DEFAULT_TIMEOUT_MS = 120_000;
const DEFAULT_OUTPUT_BYTES = 1024 * 1024;
/** Node's timers fire at once beyond this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Stop = { readonly code: HostErrorCode; readonly why: string; readonly cause?: unknown };

/**
 * Feeds a program, reads it, and waits for its end, its deadline or an abort, whichever is first.
 *
 * Resolves with any exit code; rejects with a `HostError` when there is none. After a deadline or an abort the program
 * gets SIGTERM, then SIGKILL, each with `killGraceMs` to end; `detail.ended` says whether it did.
 */
export async function runToEnd(
  host: string,
  command: Command,
  options: RunOptions,
  program: RunningProgram,
  killGraceMs: number,
): Promise<CommandResult> {
  const startedAt = new Date().toISOString();
  const start = performance.now();
  const limit = options.maxOutputBytes ?? command.maxOutputBytes ?? DEFAULT_OUTPUT_BYTES;
  const stdout = new OutputCollector('first', limit);
  const stderr = new OutputCollector('last', limit);
  const { promise: stopped, resolve: stop } = Promise.withResolvers<Stop>();

  const reader = (name: 'stdout' | 'stderr', collector: OutputCollector) => (chunk: Buffer) => {
    collector.add(chunk);
    try {
      options.onOutput?.(name, chunk);
    } catch (cause) {
      stop({ code: 'aborted', why: 'aborted, because the reader of its output failed', cause });
    }
  };
  program.stdout.on('data', reader('stdout', stdout));
  program.stderr.on('data', reader('stderr', stderr));

  const onAbort = (): void => stop({ code: 'aborted', why: 'aborted', cause: options.signal?.reason });
  options.signal?.addEventListener('abort', onAbort, { once: true });
  if (options.signal?.aborted) onAbort();
  const timeoutMs = command.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const late: Stop = { code: 'timeout', why: `expected an end within ${timeoutMs} ms, got none` };
  const timer = timeoutMs > LONGEST_TIMER_MS ? undefined : setTimeout(() => stop(late), timeoutMs);
  feed(program, options.input ?? command.stdin ?? '', (cause) =>
    stop({ code: 'input-unreadable', why: 'expected to read all of its input, got an error', cause }),
  );

  try {
    const first = await Promise.race([program.ending, stopped]);
    if ('why' in first) {
      const ended = await endByForce(program, killGraceMs);
      const fate = ended
        ? 'the program was ended'
        : 'the program may still be running: look before you go on';
      const { code, why, cause } = first;
      throw new HostError(code, `${command.title}: ${why}; ${fate}`, { host, ended, cause });
    }
    if (first.kind === 'lost') {
      const why = 'expected an exit code, got the end of the connection; the program may still be running';
      throw new HostError('connection-lost', `${command.title}: ${why}`, {
        host,
        ended: false,
        cause: first.cause,
      });
    }
    if (first.kind === 'signalled') {
      const { signal } = first;
      const why = `expected an exit code, got ${signal}`;
      throw new HostError('killed-by-signal', `${command.title}: ${why}`, { host, ended: true, signal });
    }
    const out = stdout.finish();
    const err = stderr.finish();
    return {
      host,
      title: command.title,
      argv: command.argv,
      exitCode: first.code,
      stdout: out.text,
      stderr: err.text,
      stdoutBytes: out.bytes,
      stdoutSha256: out.sha256,
      stdoutTruncated: out.truncated,
      stderrBytes: err.bytes,
      stderrSha256: err.sha256,
      stderrTruncated: err.truncated,
      startedAt,
      durationMs: Math.round(performance.now() - start),
    };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
    options.input?.destroy();
  }
}
