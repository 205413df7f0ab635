import { posix } from 'node:path';
import { absolutePath } from '../absolute-path.ts';
import { type Command, script } from '../command.ts';
import { HostError } from '../host-error.ts';

const MAX_LINE_BYTES = 64 * 1024;

/** A line that a crash cut off is closed first, so that it cannot swallow the new one. */
const APPEND = `
umask 077
if [ -s "$1" ] && [ -n "$(tail -c 1 "$1")" ]; then printf '\\n' >> "$1"; fi
printf '%s\\n' "$2" >> "$1"
sync "$1"
sync "$3"
`;

/** Appends one line to a journal; once it exits with 0 the line is on the disk. Throws `usage` for more than a line. */
export function appendJournal(path: string, line: string): Command {
  const journal = absolutePath(path, 'journal');
  if (line === '' || line.includes('\n') || Buffer.byteLength(line) > MAX_LINE_BYTES) {
    const got = line.includes('\n') ? 'a line break' : `${Buffer.byteLength(line)} bytes`;
    throw new HostError('usage', `journal: expected one line of at most ${MAX_LINE_BYTES} bytes, got ${got}`);
  }
  const args = [journal, line, posix.dirname(journal)];
  return script('mutate', `append to journal ${journal}`, APPEND, args, { timeoutMs: 20_000 });
}
