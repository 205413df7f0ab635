import { posix } from 'node:path';
import { absolutePath } from '../absolute-path.ts';
import { type Command, script } from '../command.ts';
import type { CommandResult } from '../host.ts';
import { readFields } from './read-fields.ts';

const LIST = `
for path in "$1"/"$2".* "$1"/.interlock-exchange.* "$1"/.interlock-place.*; do
  if [ -e "$path" ] || [ -L "$path" ]; then printf '%s\\0' "$path"; fi
done
`;

/** What lies beside a live path under its name with a "." and more, and scratch directories of trials. Nothing is followed. */
export function listBeside(livePath: string): Command {
  const live = absolutePath(livePath, 'live path');
  // Of the root directory, "//" would be another name of the same.
  const parent = posix.dirname(live) === '/' ? '' : posix.dirname(live);
  return script('observe', `list what lies beside ${live}`, LIST, [parent, posix.basename(live)], {
    env: { LC_ALL: 'C' },
    timeoutMs: 60_000,
  });
}

/** Paths in the order of their bytes. */
export function parseBeside(result: CommandResult): string[] {
  return readFields(result, 1)
    .flat()
    .toSorted((a, b) => (a < b ? -1 : 1));
}
