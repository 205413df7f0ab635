import { absolutePath } from '../absolute-path.ts';
import { type Command, script } from '../command.ts';
import type { CommandResult } from '../host.ts';
import { uncutStdout, unreadable } from '../run-ok.ts';

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

/**
 * An entry that a crash cut off may end amid a character, and stays where it is for ever: it must not make all others unreadable.
 * Throws `output-unreadable` for one that is whole and not UTF-8, since nobody knows what it says.
 */
export function parseJournal(result: CommandResult): Journal {
  const lines = uncutStdout(result).split('\n');
  const torn = lines.pop() ?? '';
  if (lines.some((line) => line.includes('\uFFFD') && parseJournalLine(line) !== null))
    throw unreadable(result, 'UTF-8', 'other bytes');
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
