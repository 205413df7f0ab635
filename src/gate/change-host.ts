// Changes on the target host, each through the executor: permit, kill switch and journal every time.
import { posix } from 'node:path';
import type { Outcome } from '../execution/executor.ts';
import type { Command } from '../host/command.ts';
import type { CommandResult, Host } from '../host/host.ts';
import { HostError } from '../host/host-error.ts';
import { acquireLock } from '../host/lock.ts';
import { expectOk } from '../host/run-ok.ts';
import type { Mutation } from '../run/gate-result.ts';
import { type GateContext, GateStop } from './context.ts';
import { beginOnHost, requireUnspentOnHost } from './spend-on-host.ts';

type Kind = Mutation['kind'];

/** Where Interlock keeps its own files on the target: the journal, the lock and the authorizations that were begun. */
export function stashOf(livePath: string): {
  directory: string;
  journal: string;
  lock: string;
  fence: string;
  nonces: string;
} {
  const directory = posix.join(posix.dirname(livePath), '.interlock');
  const name = posix.basename(livePath);
  return {
    directory,
    journal: `${directory}/${name}.journal.jsonl`,
    lock: `${directory}/${name}.lock`,
    fence: `${directory}/${name}.fence`,
    nonces: `${directory}/${name}.nonces`,
  };
}

/** Runs one mutating command on the target host; it must exit with 0. Throws HostError, ExecutionError. */
export async function changeHost(
  context: GateContext,
  kind: Kind,
  target: string,
  command: Command,
): Promise<Outcome<CommandResult>> {
  const outcome = await onTarget(context, kind, target, command.title, (host) =>
    host.run(command, { signal: context.signal }),
  );
  if (outcome.done) {
    context.record.noteChange(outcome.value);
    expectOk(outcome.value);
  }
  return outcome;
}

/** One change with the target host in hand. */
export function onTarget<T>(
  context: GateContext,
  kind: Kind,
  target: string,
  detail: string,
  act: (host: Host) => Promise<T>,
): Promise<Outcome<T>> {
  const machine = context.plan.target.host;
  return context.executor.mutate(context.permit(), { kind, machine, target, detail }, async (tools) =>
    act(await tools.host(machine)),
  );
}

/**
 * Holds the target's lock on the host while `act` runs, and spends the authorization there. The kernel frees the lock when
 * this process or the connection dies. Throws GateStop `blocked` `locked` when another run holds it, ExecutionError
 * `authorization-spent` before anything is changed. The context that `act` gets is aborted when the lock is lost.
 */
export async function withTargetLock<T>(
  context: GateContext,
  act: (context: GateContext) => Promise<T>,
): Promise<T> {
  const { job, machine, now, plan } = context;
  const { lock, nonces } = stashOf(plan.target.livePath);
  if (job.mode === 'LIVE') await requireUnspentOnHost(context, nonces);
  const holder = { owner: machine, run: job.run, reason: job.gate, since: now().toISOString() };
  const locked = await onTarget(context, 'host.lock', lock, 'held while the gate runs', (host) =>
    acquireLock(host, lock, holder, { signal: context.signal }),
  ).catch(orHeld);
  if (!locked.done) return act(context);
  try {
    const held = { ...context, signal: AbortSignal.any([context.signal, locked.value.lost]) };
    await beginOnHost(held, nonces);
    return await act(held);
  } finally {
    await locked.value.release();
  }
}

/** The lock is the first that a gate changes: when another run holds it, nothing was changed, though the attempt is journalled. */
function orHeld(error: unknown): never {
  if (error instanceof HostError && error.code === 'locked')
    throw new GateStop('blocked', 'locked', `${error.message}. This attempt changed nothing.`, {
      cause: error,
    });
  throw error;
}
