// Changes on the target host, each through the executor: permit, kill switch and journal every time.
import { posix } from 'node:path';
import type { Outcome } from '../execution/executor.ts';
import type { Command } from '../host/command.ts';
import { FENCED_OFF, fenced } from '../host/commands/mutate-fence.ts';
import type { CommandResult, Host } from '../host/host.ts';
import { HostError } from '../host/host-error.ts';
import { acquireLock } from '../host/lock.ts';
import { expectOk } from '../host/run-ok.ts';
import type { Mutation } from '../run/gate-result.ts';
import { type GateContext, GateStop } from './context.ts';
import { planTakeover } from './look-at-lock.ts';
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
    host.run(behindFence(context, command), { signal: context.signal }),
  );
  if (outcome.done) {
    context.record.noteChange(outcome.value);
    if (outcome.value.exitCode === FENCED_OFF)
      throw new HostError('fenced-off', `${command.title}: ${outcome.value.stderr.trim()}`, {
        host: outcome.value.host,
        ended: true,
        result: outcome.value,
      });
    expectOk(outcome.value);
  }
  return outcome;
}

/** The command as it may act: once another attempt has raised its fence, it does nothing. */
function behindFence({ fence }: Pick<GateContext, 'fence'>, command: Command): Command {
  return fence ? fenced(command, fence.path, fence.token) : command;
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
 * this process or the connection dies. A fence is raised first, so that nothing acts any more that an earlier attempt has sent
 * or, thawed, will send; then its hold is void, and ended. Throws GateStop `blocked` `locked` when another run holds the lock,
 * ExecutionError `authorization-spent` before anything is changed. The context that `act` gets is behind the fence, and is
 * aborted when the lock is lost.
 */
export async function withTargetLock<T>(
  context: GateContext,
  act: (context: GateContext) => Promise<T>,
): Promise<T> {
  const { job, machine, now, plan } = context;
  const { lock, nonces, fence } = stashOf(plan.target.livePath);
  const isLive = job.mode === 'LIVE';
  if (isLive) await requireUnspentOnHost(context, nonces);
  const planned = isLive ? await planTakeover(context, { lock, fence }) : null;
  const token = planned?.takeover.token;
  const holder = {
    ...{ owner: machine, run: job.run, reason: job.gate, since: now().toISOString() },
    ...(token === undefined ? {} : { token, until: context.permit().notAfter }),
  };
  const detail = planned?.detail ?? 'held while the gate runs';
  const locked = await onTarget(context, 'host.lock', lock, detail, (host) =>
    acquireLock(host, lock, holder, {
      signal: context.signal,
      ...(planned ? { takeover: planned.takeover } : {}),
    }),
  ).catch(orHeld);
  if (!locked.done) return act(context);
  try {
    const held = {
      ...context,
      signal: AbortSignal.any([context.signal, locked.value.lost]),
      ...(token === undefined ? {} : { fence: { path: fence, token } }),
    };
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
