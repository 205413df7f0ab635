import { absolutePath } from '../absolute-path.ts';
import { type Command, script } from '../command.ts';
import type { CommandResult } from '../host.ts';
import { wholeStdout } from '../run-ok.ts';

/** What a journal on a host holds. */
export type Journal = {
  readonly lines: readonly string[];
  /** What stands after the last line's end: an entry that a crash cut off, and that never counted. */
  readonly torn: string;
};

/** Reads a journal; one that does not exist is empty. */
export function readJournal(path: string): Command {
  const body = 'if [ -e "$1" ]; then cat "$1"; fi';
  return script('observe', `read journal ${path}`, body, [absolutePath(path, 'journal')], {
    timeoutMs: 20_000,
    maxOutputBytes: 16 * 1024 * 1024,
  });
}

export function parseJournal(result: CommandResult): Journal {
  const lines = wholeStdout(result).split('\n');
  const torn = lines.pop() ?? '';
  return { lines: lines.filter((line) => line !== ''), torn };
}

/** What a line says, as JSON; null for one that is none, which says nothing. */
export function parseJournalLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
