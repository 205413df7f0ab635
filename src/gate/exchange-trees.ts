// The one way in which a live tree is replaced: by atomic exchange with the tree beside it. Promote, rollback and the
// rehearsal all come here. It looks at the world first, so that a run that was killed half-way is finished, not repeated.
import { randomUUID } from 'node:crypto';
import type { Command } from '../host/command.ts';
import { fenced, setFence } from '../host/commands/mutate-fence.ts';
import { appendJournal } from '../host/commands/mutate-journal.ts';
import { makeDirectory, renameToBackup } from '../host/commands/mutate-tree.ts';
import { parsePathFacts, pathFacts } from '../host/commands/observe-path.ts';
import { type ExchangeWay, exchangeCommand } from '../host/exchange.ts';
import { changeHost, stashOf } from './change-host.ts';
import { type GateContext, GateStop } from './context.ts';
import { observeTree } from './observe-tree.ts';

export interface Exchange {
  readonly way: ExchangeWay;
  readonly live: string;
  /** Where the tree that becomes live stands before, and the one that was live right after. */
  readonly incoming: string;
  /** Where the tree that was live ends up. */
  readonly outgoing: string;
  /** Digest that the live tree must have before; null for whatever is there, when it is the way back. */
  readonly was: string | null;
  readonly becomes: string;
}

export interface Seen {
  /** Digest of the tree there; null for nothing. */
  readonly live: string | null;
  readonly incoming: string | null;
  readonly outgoing: string | null;
}

export type Position =
  | { readonly at: 'before' | 'exchanged' | 'done' }
  | { readonly at: 'drift'; readonly what: string };

/** How far the exchange is, from what is on the host. Pure. */
export function locate({ was, becomes, live, incoming, outgoing }: Exchange, seen: Seen): Position {
  const fits = (digest: string | null) => digest !== null && (was === null || digest === was);
  if (seen.incoming === becomes && fits(seen.live) && seen.outgoing === null) return { at: 'before' };
  if (seen.live === becomes && fits(seen.incoming) && seen.outgoing === null) return { at: 'exchanged' };
  if (seen.live === becomes && seen.incoming === null && fits(seen.outgoing)) return { at: 'done' };
  const rows = [
    [live, seen.live, was ?? 'a tree'],
    [incoming, seen.incoming, becomes],
    [outgoing, seen.outgoing, 'nothing'],
  ] as const;
  const wrong = rows.filter(([, got, expected]) => (got ?? 'nothing') !== expected && expected !== 'a tree');
  return {
    at: 'drift',
    what: wrong
      .map(([path, got, expected]) => `${path}: expected ${expected}, got ${got ?? 'nothing'}`)
      .join('; '),
  };
}

/**
 * Exchanges, or finishes what was begun. Throws GateStop `blocked` `drift` when the host is not as it was when it was
 * approved, before anything is changed.
 */
export async function exchangeTrees(context: GateContext, exchange: Exchange): Promise<void> {
  const { live, incoming, outgoing, way } = exchange;
  const { job, plan, now } = context;
  const { directory, journal, fence } = stashOf(plan.target.livePath);
  const token = `${job.run}/${job.gate}/${job.attempt}/${randomUUID()}`;
  await changeHost(context, 'host.journal', directory, makeDirectory(directory));
  // Before looking: what a dead worker has left running on the host must not act on what is seen here.
  await changeHost(context, 'host.lock', fence, setFence(fence, token));
  const position = locate(exchange, await see(context, exchange));
  if (position.at === 'drift')
    throw new GateStop(
      'blocked',
      'drift',
      `The host is not as it was when this was decided, so nothing was exchanged. ${position.what}`,
    );
  const write = (state: string) =>
    appendJournal(
      journal,
      JSON.stringify({ run: job.run, gate: job.gate, at: now().toISOString(), state, ...exchange }),
    );
  const change = (kind: 'host.exchange' | 'host.rename', target: string, command: Command) =>
    changeHost(context, kind, target, fenced(command, fence, token));
  if (position.at === 'before') {
    await changeHost(context, 'host.journal', journal, write('begin'));
    await change('host.exchange', live, exchangeCommand(way, live, incoming));
  }
  if (position.at !== 'done') await change('host.rename', outgoing, renameToBackup(incoming, outgoing));
  await changeHost(context, 'host.journal', journal, write('end'));
}

async function see(context: GateContext, { live, incoming, outgoing }: Exchange): Promise<Seen> {
  const host = await context.host(context.plan.target.host);
  const facts = parsePathFacts(
    await host.run(pathFacts([live, incoming, outgoing]), { signal: context.signal }),
  );
  const digestAt = async (path: string) => {
    const found = facts.find((each) => each.path === path);
    return found?.kind === 'directory'
      ? (await observeTree(host, path, context.signal)).digest
      : found?.kind === 'absent'
        ? null
        : `a ${found?.kind ?? 'path that cannot be read'}`;
  };
  return {
    live: await digestAt(live),
    incoming: await digestAt(incoming),
    outgoing: await digestAt(outgoing),
  };
}
