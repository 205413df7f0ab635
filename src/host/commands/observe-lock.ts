import { absolutePath } from '../absolute-path.ts';
import { type Command, script } from '../command.ts';
import type { CommandResult } from '../host.ts';
import { type LockHolder, lockHolder } from '../lock-holder.ts';
import { unreadable, wholeStdout } from '../run-ok.ts';

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
  const text = wholeStdout(result);
  if (text === '') return undefined;
  try {
    return lockHolder.parse(JSON.parse(text));
  } catch {
    throw unreadable(result, 'a lock holder in JSON', JSON.stringify(text.slice(0, 200)));
  }
}
