import type { Command } from './command.ts';
import type { CommandResult, Host, RunOptions } from './host.ts';
import { HostError } from './host-error.ts';

/** Characters of standard error that an error message repeats. */
const TAIL = 2_000;

/** Runs a command that must exit with 0. Throws `command-failed` with the end of its standard error otherwise. */
export async function runOk(host: Host, command: Command, options?: RunOptions): Promise<CommandResult> {
  return expectOk(await host.run(command, options));
}

/** The result, if the program exited with 0. Throws `command-failed` otherwise. */
export function expectOk(result: CommandResult): CommandResult {
  if (result.exitCode === 0) return result;
  const tail = result.stderr.trimEnd().slice(-TAIL);
  throw new HostError(
    'command-failed',
    `${result.title}: expected exit code 0, got ${result.exitCode}${tail === '' ? '' : `: ${tail}`}`,
    { host: result.host, result },
  );
}

/**
 * Standard output as a parser may trust it: exit code 0, nothing cut off, and valid UTF-8.
 * Throws `command-failed` or `output-unreadable`; a listing that is not whole must never pass for one.
 */
export function wholeStdout(result: CommandResult): string {
  const text = uncutStdout(result);
  // Two file names that differ only in invalid bytes would become one.
  if (text.includes('\uFFFD')) throw unreadable(result, 'UTF-8', 'other bytes');
  return text;
}

/** The same, where bytes that are not UTF-8 are for the parser to judge: it is handed U+FFFD in their place. */
export function uncutStdout(result: CommandResult): string {
  expectOk(result);
  if (result.stdoutTruncated) {
    throw unreadable(
      result,
      'the whole output',
      `the start of ${result.stdoutBytes} bytes; raise maxOutputBytes`,
    );
  }
  return result.stdout;
}

/** The error for output that is not what the program promises. */
export function unreadable(result: CommandResult, expected: string, got: string): HostError {
  return new HostError('output-unreadable', `${result.title}: expected ${expected}, got ${got}`, {
    host: result.host,
    result,
  });
}
