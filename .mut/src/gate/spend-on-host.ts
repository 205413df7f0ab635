// Authorizations are spent on the target host too. A worker's own record does not stop another worker of the role that is
// handed the same job again; this one does.
import type { Permit } from '../execution/authorization.ts';
import { ExecutionError } from '../execution/execution-error.ts';
import type { Spendable } from '../execution/nonces.ts';
import { fenced } from '../host/commands/mutate-fence.ts';
import { beginNonce, endNonce, SPENT } from '../host/commands/mutate-nonce.ts';
import { nonceAt, parseNonce } from '../host/commands/observe-nonce.ts';
import type { Host } from '../host/host.ts';
import { expectOk } from '../host/run-ok.ts';
import type { GateContext } from './context.ts';

/** Only looks, so that a spent authorization changes not even a lock file. Throws ExecutionError `authorization-spent`. */
export async function requireUnspentOnHost(context: GateContext, record: string): Promise<void> {
  const { plan, permit, signal } = context;
  const host = await context.host(plan.target.host);
  const state = parseNonce(await host.run(nonceAt(record, permit().nonce), { signal }));
  if (state === 'ended') throw spent(permit(), plan.target.host);
}

/** Begins with it on the host, under the target's lock. Throws ExecutionError `authorization-spent`, HostError. */
export async function beginOnHost(context: GateContext, record: string): Promise<void> {
  const { plan, permit, executor, signal, now } = context;
  const machine = plan.target.host;
  const detail = `authorization ${permit().nonce} begun; noted as spent when the gate has ended`;
  await executor.mutate(
    permit(),
    { kind: 'host.journal', machine, target: record, detail },
    async (tools) => {
      const host = await tools.host(machine);
      const noting = beginNonce(record, hostNonce(permit()), now());
      const { fence } = context;
      const behind = fence ? fenced(noting, fence.path, fence.token) : noting;
      const result = await host.run(behind, { signal });
      context.record.noteChange(result);
      if (result.exitCode === SPENT) throw spent(permit(), machine);
      expectOk(result);
    },
  );
}

/**
 * Notes there that the gate has ended, if it was begun there. It takes a permission away and is in the journal since the
 * gate began, so neither the execution switch nor the authorization's own end can stand in its way. Throws HostError.
 */
export async function endOnHost(
  host: Host,
  record: string,
  authorization: Spendable,
  now: Date,
): Promise<void> {
  const state = parseNonce(await host.run(nonceAt(record, authorization.nonce)));
  if (state !== 'begun') return;
  const result = await host.run(endNonce(record, hostNonce(authorization), now));
  // Another worker may have noted it since.
  if (result.exitCode !== SPENT) expectOk(result);
}

/** Takes authorizations away there, begun or not: no gate begins with one of them on this host any more. Throws HostError. */
export async function revokeOnHost(
  context: GateContext,
  record: string,
  authorizations: readonly Spendable[],
): Promise<void> {
  const { plan, permit, executor, signal, now } = context;
  const machine = plan.target.host;
  for (const authorization of authorizations) {
    const detail = `authorization ${authorization.nonce} taken away`;
    await executor.mutate(
      permit(),
      { kind: 'host.fence', machine, target: record, detail },
      async (tools) => {
        const host = await tools.host(machine);
        const result = await host.run(endNonce(record, hostNonce(authorization), now()), { signal });
        context.record.noteChange(result);
        if (result.exitCode !== SPENT) expectOk(result);
      },
    );
  }
}

function hostNonce({ nonce, notAfter }: Spendable) {
  return { nonce, notAfter: new Date(notAfter) };
}

function spent({ run, gate, attempt, nonce }: Permit, machine: string): ExecutionError {
  return new ExecutionError(
    'authorization-spent',
    `expected an authorization of ${run} ${gate} ${attempt} that is not spent on ${machine}, got ${nonce}, by which this gate has ended there. The worker that ended it has the result: start that one again if it stopped before the queue heard of it. Otherwise somebody has put the job on the queue again`,
  );
}
