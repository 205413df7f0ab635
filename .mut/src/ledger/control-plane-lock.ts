// One control plane to a database. Two would both decide, and both post to Slack.
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ControlPlaneSession, describeHolder, sessionName } from './control-plane-session.ts';
import type { DatabaseLog } from './database.ts';
import { LedgerError } from './ledger-error.ts';
import { databaseUnreachable } from './postgres-database.ts';

export interface ControlPlaneLock {
  /** Whether this process knows that it holds the lock. While it does not, it must decide nothing. */
  readonly held: boolean;
  /** Aborts with LedgerError `control-plane-running` when another process has taken the lock: this one must end. */
  readonly lost: AbortSignal;
  /** Frees the lock. */
  release(): Promise<void>;
}

export interface LockPatience {
  /** ms that a starting process waits for one before it, such as one that was just killed, to be gone. */
  readonly startMs: number;
  /** ms between two questions whether the connection still lives. */
  readonly proveEveryMs: number;
  /** ms that the server has for an answer. */
  readonly answerMs: number;
  /** ms between two attempts to get a lost lock back. */
  readonly retryEveryMs: number;
}

/**
 * Together `proveEveryMs` and `answerMs` are well under the 25 s after which the server gives the lock of a process that it
 * cannot reach to another: who is cut off knows it before it has a successor.
 */
const defaultPatience: LockPatience = {
  startMs: 5_000,
  proveEveryMs: 2_000,
  answerMs: 5_000,
  retryEveryMs: 1_000,
};

/**
 * Takes the lock that only one control plane of a database can hold, on a connection of its own, and keeps it.
 *
 * When the connection is lost, `held` is false from then on and the lock is tried for again, as long as it takes. Nobody else
 * had it: `held` is true again. Another has it: `lost`, for good. (The ledger's own guard stays what it was: an append is
 * refused unless its head is the one that was decided on, whoever asks.)
 * @throws LedgerError `control-plane-running`, naming the holder; `database-unreachable`
 */
export async function holdControlPlaneLock(options: {
  dsn: string;
  log?: DatabaseLog;
  patience?: Partial<LockPatience>;
}): Promise<ControlPlaneLock> {
  const { dsn, log } = options;
  const patience = { ...defaultPatience, ...options.patience };
  const token = randomBytes(4).toString('hex');
  const name = sessionName(token);
  const lost = new AbortController();
  const released = new AbortController();
  let held = true;
  let session = await takeAtStart(dsn, name, patience);

  async function keep(): Promise<void> {
    while (!lost.signal.aborted && !released.signal.aborted) {
      await untilGone(session, patience.proveEveryMs, released.signal);
      if (released.signal.aborted) return;
      held = false;
      session.drop();
      log?.warn(
        {},
        'the connection that holds the control plane’s lock was lost; nothing is decided until it is back',
      );
      await takeAgain();
    }
  }

  async function takeAgain(): Promise<void> {
    while (!released.signal.aborted) {
      try {
        const next = await ControlPlaneSession.open(dsn, name, patience);
        const answer = await tryAgain(next, token);
        if (released.signal.aborted || answer === 'taken') {
          session = next;
          held = !released.signal.aborted;
          if (held) log?.warn({}, 'the control plane’s lock is held again; nobody else had taken it');
          else await next.close();
          return;
        }
        await next.close();
        if (answer instanceof LedgerError) {
          log?.warn({ reason: answer.message }, 'another control plane has taken over');
          lost.abort(answer);
          return;
        }
      } catch (error) {
        log?.warn({ err: error }, 'the control plane’s lock could not be asked for; trying again');
      }
      await delay(patience.retryEveryMs, undefined, { signal: released.signal }).catch(() => undefined);
    }
  }

  const kept = keep();
  return {
    get held() {
      return held && !lost.signal.aborted;
    },
    lost: lost.signal,
    async release() {
      released.abort();
      held = false;
      await session.close();
      await kept;
    },
  };
}

async function takeAtStart(dsn: string, name: string, patience: LockPatience): Promise<ControlPlaneSession> {
  const session = await ControlPlaneSession.open(dsn, name, patience).catch((cause: unknown) => {
    throw databaseUnreachable(cause);
  });
  try {
    if (await session.lockWithin(patience.startMs)) return session;
    throw running(await session.holder());
  } catch (error) {
    session.drop();
    throw error;
  }
}

/** `again`: it is not ours, and the next attempt will tell whose it is. */
async function tryAgain(
  session: ControlPlaneSession,
  token: string,
): Promise<'taken' | 'again' | LedgerError> {
  if (await session.tryLock()) return 'taken';
  const holder = await session.holder();
  if (holder === null) return 'again';
  // Our own connection, which the server takes for alive: it never heard of the line that was cut.
  if (holder.name.startsWith(`interlock:${token}:`)) {
    await session.terminate(holder.backend);
    return (await session.tryLock()) ? 'taken' : 'again';
  }
  return running(holder);
}

/** Resolves when the connection has ended, or does not answer, or the signal comes. */
async function untilGone(session: ControlPlaneSession, everyMs: number, signal: AbortSignal): Promise<void> {
  const ended = session.ended.then(() => 'ended' as const);
  while (!signal.aborted) {
    const next = await Promise.race([
      ended,
      delay(everyMs, 'prove' as const, { signal }).catch(() => 'ended' as const),
    ]);
    if (next === 'ended') return;
    try {
      await session.prove();
    } catch {
      return;
    }
  }
}

function running(holder: Awaited<ReturnType<ControlPlaneSession['holder']>>): LedgerError {
  const who = holder === null ? 'one that has just ended; start again' : describeHolder(holder);
  return new LedgerError(
    'control-plane-running',
    `expected to be the only control plane on this database, got another one: ${who}. ` +
      'Stop that one, or give this one a DATABASE_URL of its own; if its machine is dead, the lock is free after half a minute',
  );
}
