// Changes of a live path act only behind the fence of their own attempt, and are in the host's journal before and after.
import { randomUUID } from 'node:crypto';
import type { Command } from '../host/command.ts';
import { doNothing, setFence } from '../host/commands/mutate-fence.ts';
import { appendJournal } from '../host/commands/mutate-journal.ts';
import { changeHost, stashOf } from './change-host.ts';
import type { GateContext } from './context.ts';

export interface Fenced {
  /** Writes down on the host, durably, what is begun or has ended. */
  write(state: 'begin' | 'end', what: object): Promise<void>;
  /** Runs one command, which does nothing once another attempt has raised its fence. */
  change(
    kind: 'host.exchange' | 'host.rename' | 'host.remove',
    target: string,
    command: Command,
  ): Promise<void>;
}

/**
 * Raises the fence alone; resolves with its token. Once it has, no command behind an earlier token acts any more. A gate that
 * holds the target's lock has raised its fence with it.
 */
export async function fenceOff(context: GateContext): Promise<string> {
  const { job, plan, fence: raised } = context;
  if (raised) return raised.token;
  const { fence } = stashOf(plan.target.livePath);
  const token = `${job.run}/${job.gate}/${job.attempt}/${randomUUID()}`;
  await changeHost(context, 'host.fence', fence, setFence(fence, token));
  return token;
}

/** What was read behind this fence is what is there: nobody has raised another since. Throws HostError `fenced-off`. */
export async function stillFenced(context: GateContext, token: string): Promise<void> {
  const { fence: path } = stashOf(context.plan.target.livePath);
  await changeHost({ ...context, fence: { path, token } }, 'host.fence', path, doNothing());
}

/** To be called before looking: what a dead worker has left running on the host must not act on what is seen then. */
export async function raiseFence(context: GateContext): Promise<Fenced> {
  const { job, plan, now } = context;
  const { journal, fence: path } = stashOf(plan.target.livePath);
  const behind = { ...context, fence: { path, token: await fenceOff(context) } };
  return {
    // The journal too is the attempt's that has raised its fence last: what a fenced-off one writes there would be believed.
    async write(state, what) {
      const line = JSON.stringify({ run: job.run, gate: job.gate, at: now().toISOString(), state, ...what });
      await changeHost(behind, 'host.journal', journal, appendJournal(journal, line));
    },
    async change(kind, target, command) {
      await changeHost(behind, kind, target, command);
    },
  };
}
