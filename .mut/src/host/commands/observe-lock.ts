import { absolutePath } from '../absolute-path.ts';
import { type Command, script } from '../command.ts';
import type { CommandResult } from '../host.ts';
import { type LockHolder, lockHolder } from '../lock-holder.ts';
import { type ProcessRef, processRef, START_OF } from '../process-ref.ts';
import { unreadable, wholeStdout } from '../run-ok.ts';
import { splitFields } from './read-fields.ts';

/** Reads who holds the lock at `path`. */
export function lockHolderAt(path: string): Command {
  const lock = absolutePath(path, 'lock path');
  // Between looking and reading the holder may have left.
  return script('observe', `holder of lock ${lock}`, 'cat "$1.holder" 2>/dev/null || :', [lock], {
    timeoutMs: 20_000,
  });
}

/** The holder; undefined when nobody holds the lock, or the holder has not yet written its name. */
export function parseLockHolder(result: CommandResult): LockHolder | undefined {
  return readHolder(result, wholeStdout(result));
}

/** A lock and the fence that belongs to it, as they were in one moment. */
export interface LockSight {
  /** Empty while none was ever raised. */
  readonly fence: string;
  /** What the holder wrote; also that of one which was killed, until the next takes the lock. */
  readonly holder: LockHolder | undefined;
  /** The holder's processes that are there now. */
  readonly processes: readonly ProcessRef[];
}

const LOOK = `${START_OF}
cat "$2" 2> /dev/null || :
printf '\\0'
cat "$1.holder" 2> /dev/null || :
printf '\\0'
if [ -e "$1.process" ]; then
  while read -r pid start; do
    if [ -n "$start" ] && [ "$(start_of "$pid")" = "$start" ]; then printf '%s\\0%s\\0' "$pid" "$start"; fi
  done 2> /dev/null < "$1.process"
fi
`;

/** Looks at the lock at `path` and at its fence. */
export function lockSightAt(path: string, fence: string): Command {
  const args = [absolutePath(path, 'lock path'), absolutePath(fence, 'fence')];
  return script('observe', `look at lock ${path}`, LOOK, args, { timeoutMs: 20_000 });
}

export function parseLockSight(result: CommandResult): LockSight {
  const [fence = '', holder = '', ...rest] = splitFields(result, wholeStdout(result));
  const processes: ProcessRef[] = [];
  for (let at = 0; at < rest.length; at += 2) {
    const read = processRef.safeParse({ pid: rest[at], start: rest[at + 1] });
    if (!read.success) throw unreadable(result, 'a process and its start', JSON.stringify(rest.slice(at)));
    processes.push(read.data);
  }
  return { fence: fence.trimEnd(), holder: readHolder(result, holder), processes };
}

function readHolder(result: CommandResult, text: string): LockHolder | undefined {
  if (text === '') return undefined;
  try {
    return lockHolder.parse(JSON.parse(text));
  } catch {
    throw unreadable(result, 'a lock holder in JSON', JSON.stringify(text.slice(0, 200)));
  }
}
