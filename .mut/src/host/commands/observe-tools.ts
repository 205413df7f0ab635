import { absolutePath } from '../absolute-path.ts';
import { type Command, script } from '../command.ts';
import type { CommandResult } from '../host.ts';
import { unreadable } from '../run-ok.ts';
import { readFields } from './read-fields.ts';

const FIND = `
for tool do
  if path=$(command -v -- "$tool" 2> /dev/null) && [ -n "$path" ]; then state=present; else state=absent; fi
  printf '%s\\0%s\\0' "$tool" "$state"
done
`;

/** Which of these programs the login’s shell finds. */
export function findTools(names: readonly string[]): Command {
  return script('observe', `programs ${names.join(' ')}`.trim(), FIND, names, { timeoutMs: 20_000 });
}

/** By name; true for a program that is there. */
export function parseTools(result: CommandResult): Map<string, boolean> {
  return new Map(
    readFields(result, 2).map(([name = '', state]) => {
      if (state !== 'present' && state !== 'absent')
        throw unreadable(result, 'present or absent', JSON.stringify(state));
      return [name, state === 'present'];
    }),
  );
}

const WRITABLE = `
for path do
  if [ -w "$path" ]; then state=writable; elif [ -e "$path" ]; then state=read-only; else state=absent; fi
  printf '%s\\0%s\\0' "$path" "$state"
done
`;

export type Writability = 'writable' | 'read-only' | 'absent';

/** Whether the login may write to each of these paths, as the host’s own access check says; nothing is written. */
export function pathWritability(paths: readonly string[]): Command {
  const checked = paths.map((path) => absolutePath(path, 'path'));
  return script('observe', 'paths that may be written to', WRITABLE, checked, { timeoutMs: 20_000 });
}

export function parseWritability(result: CommandResult): Map<string, Writability> {
  return new Map(
    readFields(result, 2).map(([path = '', state]) => {
      if (state !== 'writable' && state !== 'read-only' && state !== 'absent')
        throw unreadable(result, 'writable, read-only or absent', JSON.stringify(state));
      return [path, state];
    }),
  );
}
