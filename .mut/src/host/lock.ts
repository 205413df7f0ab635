import { posix } from 'node:path';
import { PassThrough } from 'node:stream';
import { absolutePath } from './absolute-path.ts';
import { type Command, programAndArguments, script } from './command.ts';
import { FENCED_OFF, plainToken } from './commands/mutate-fence.ts';
import { lockHolderAt, parseLockHolder } from './commands/observe-lock.ts';
import type { Host } from './host.ts';
import { HostError } from './host-error.ts';
import type { LockHolder } from './lock-holder.ts';
import { type ProcessRef, START_OF } from './process-ref.ts';
import { expectOk } from './run-ok.ts';

/** flock's exit code for a lock that another holds; EX_TEMPFAIL of sysexits.h. */
const HELD = 75;
const ACQUIRE_TIMEOUT_MS = 30_000;
/** Seconds that the kernel gets to free the lock of processes that were ended. */
const END_SECONDS = 10;

/**
 * Holds an flock(2) for as long as standard input stays open. The kernel frees it when the program ends, and sshd
 * closes the input when the connection is lost: there is no lock file to forget and none that a loser could remove.
 * The holder's name is written and removed under the lock, so it is never the loser's.
 *
 * A connection is not lost while its other end is merely frozen. So the holder writes its processes down, and whoever has raised
 * the fence over it may end them: by their numbers and starts, since nothing else names a process for certain.
 */
const HOLD = `${START_OF}
umask 077
lock=$1 holder=$2 fence=$4 token=$5 was=$6
mkdir -p "$3"
shift 6
if [ -n "$fence" ]; then
  flock "$fence.lock" sh -euc '
    now=
    if [ -e "$1" ]; then now=$(cat "$1"); fi
    if [ "$now" != "$3" ]; then
      printf "another attempt has taken over: expected the fence %s, got %s\\n" "\${3:-none}" "$now" >&2
      exit ${FENCED_OFF}
    fi
    printf "%s\\n" "$2" > "$1.new"
    sync "$1.new"
    mv -T "$1.new" "$1"
  ' interlock "$fence" "$token" "$was"
fi
how=-n
while [ $# -ge 2 ]; do
  how=-w${END_SECONDS}
  if [ "$(start_of "$1")" = "$2" ]; then kill -s KILL "$1" || :; fi
  shift 2
done
exec flock "$how" -E ${HELD} "$lock" sh -euc '${START_OF}
  if [ -n "$3" ] && [ "$(cat "$3")" != "$4" ]; then
    printf "another attempt has taken over: expected the fence %s, got another\\n" "$4" >&2
    exit ${FENCED_OFF}
  fi
  for pid in "$$" "$PPID"; do printf "%s %s\\n" "$pid" "$(start_of "$pid")"; done > "$1.process.new"
  mv -T "$1.process.new" "$1.process"
  printf "%s\\n" "$2" > "$1.holder.new"
  mv -T "$1.holder.new" "$1.holder"
  echo LOCKED
  # By the shell itself: another program would hold the lock too, and nobody could name it.
  while read -r line; do :; done
  rm -f "$1.holder" "$1.process"
' interlock "$lock" "$holder" "$fence" "$token"
`;

/** How to get past a holder that may be there, by raising a fence first. */
export type Takeover = {
  readonly fence: string;
  /** What the fence says from now on; commands of every other token are fenced off. */
  readonly token: string;
  /** What it said when the lock was looked at, empty for nothing: if it says something else, another was faster. */
  readonly was: string;
  /** Processes of a holder that the fence is raised over; empty when the lock is expected to be free. */
  readonly end: readonly ProcessRef[];
};

/** A lock that this process holds on a host. */
export type HostLock = {
  readonly holder: LockHolder;
  /** Aborts with a `lock-lost` error when the lock goes without `release()`: stop what needs it. */
  readonly lost: AbortSignal;
  /** Frees the lock; resolves when the host has freed it. Safe to call twice. */
  release(): Promise<void>;
};

/** The command that holds the lock at `path` until its input ends. */
export function holdLock(path: string, holder: LockHolder, takeover?: Takeover): Command {
  const lock = absolutePath(path, 'lock path');
  const raised = takeover
    ? [absolutePath(takeover.fence, 'fence'), plainToken(takeover.token), takeover.was]
    : ['', '', ''];
  const ended = (takeover?.end ?? []).flatMap(({ pid, start }) => [pid, start]);
  const args = [lock, JSON.stringify(holder), posix.dirname(lock), ...raised, ...ended];
  return script('mutate', `hold lock ${lock}`, HOLD, args, { timeoutMs: Number.POSITIVE_INFINITY });
}

/**
 * Takes the target lock of a host, without waiting. Throws `locked` with `detail.holder` when another holds it, or has taken over
 * in the same moment. `signal` ends the attempt; a lock once held is freed by `release()` or by the loss of the connection.
 */
export async function acquireLock(
  host: Host,
  path: string,
  holder: LockHolder,
  options: { readonly signal?: AbortSignal; readonly takeover?: Takeover } = {},
): Promise<HostLock> {
  const command = holdLock(path, holder, options.takeover);
  if (options.signal?.aborted) {
    const why = `${command.title}: aborted; nothing was started`;
    throw new HostError('aborted', why, { host: host.name, ended: true, cause: options.signal.reason });
  }
  const input = new PassThrough();
  const attempt = new AbortController();
  const lost = new AbortController();
  const { promise: locked, resolve: onLocked } = Promise.withResolvers<'locked'>();
  let output = '';
  const end = host.run(command, {
    input,
    signal: attempt.signal,
    onOutput: (stream, chunk) => {
      if (stream === 'stdout') output += chunk.toString('latin1');
      if (output.startsWith('LOCKED\n')) onLocked('locked');
    },
  });
  const giveUp = (): void =>
    attempt.abort(options.signal?.reason ?? new Error(`no answer in ${ACQUIRE_TIMEOUT_MS} ms`));
  options.signal?.addEventListener('abort', giveUp, { once: true });
  const timer = setTimeout(giveUp, ACQUIRE_TIMEOUT_MS);
  try {
    const said = await Promise.race([locked, end]);
    // Taken while it was already being given up: wait until it is free again.
    const first = said === 'locked' && attempt.signal.aborted ? await end : said;
    if (first !== 'locked') {
      if (first.exitCode === HELD || first.exitCode === FENCED_OFF) throw await lockedError(host, path);
      expectOk(first);
      throw new HostError('lock-lost', `${command.title}: expected to hold it, got its end`, {
        host: host.name,
      });
    }
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', giveUp);
  }
  let released = false;
  const onEnd = (cause?: unknown): void => {
    if (released) return;
    lost.abort(new HostError('lock-lost', `${command.title}: the lock was lost`, { host: host.name, cause }));
  };
  const freed = end.then(() => onEnd(), onEnd);
  return {
    holder,
    lost: lost.signal,
    release: () => {
      released = true;
      input.end();
      return freed;
    },
  };
}

/**
 * The command under a second, short lock: it keeps apart two programs whose control planes both believe to hold the
 * target lock, because one of them was cut off and its program ran on. Exits with 75 when the lock stays taken.
 */
export function underCommitLock(command: Command, path: string, waitSeconds = 10): Command {
  const lock = absolutePath(path, 'commit lock path');
  if (!Number.isInteger(waitSeconds) || waitSeconds < 0) {
    throw new HostError('usage', `commit lock: expected whole seconds to wait, got ${waitSeconds}`);
  }
  // -o: what the command leaves behind in the background must not keep the lock.
  const flock = ['flock', '-o', '-w', String(waitSeconds), '-E', String(HELD), lock];
  return { ...command, argv: [...flock, ...programAndArguments(command.argv)] };
}

async function lockedError(host: Host, path: string): Promise<HostError> {
  const holder = parseLockHolder(await host.run(lockHolderAt(path)));
  const who = holder
    ? `${holder.owner} for run ${holder.run} since ${holder.since} (${holder.reason})`
    : 'a run that has not yet said who it is';
  const why = `lock ${path}: expected it to be free, got ${who}; wait for that run, or end it`;
  return new HostError('locked', why, { host: host.name, ended: true, ...(holder ? { holder } : {}) });
}
