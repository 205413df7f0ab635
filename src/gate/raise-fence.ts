// Changes of a live path act only behind the fence of their own attempt, and are in the host's journal before and after.
import { randomUUID } from 'node:crypto';
import type { Command } from '../host/command.ts';
import { setFence } from '../host/commands/mutate-fence.ts';
import { appendJournal } from '../host/commands/mutate-journal.ts';
import { makeDirectory } from '../host/commands/mutate-tree.ts';
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
 * To be called before looking: what a dead worker has left running on the host must not act on what is seen then. A gate that
 * holds the target's lock has raised its fence with it.
 */
export async function raiseFence(context: GateContext): Promise<Fenced> {
  const { job, plan, now } = context;
  const { directory, journal, fence: path } = stashOf(plan.target.livePath);
  const fence = context.fence ?? { path, token: `${job.run}/${job.gate}/${job.attempt}/${randomUUID()}` };
  if (!context.fence) {
    await changeHost(context, 'host.journal', directory, makeDirectory(directory));
    await changeHost(context, 'host.lock', path, setFence(path, fence.token));
  }
  const behind = { ...context, fence };
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
