// The one way in which a live tree is replaced: by atomic exchange with the tree beside it. Promote, rollback and the
// rehearsal all come here. It looks at the world first, so that a run that was killed half-way is finished, not repeated.
import { renameToBackup } from '../host/commands/mutate-tree.ts';
import { parseJournal, readJournal } from '../host/commands/observe-journal.ts';
import { identityOf, parsePathFacts, pathFacts } from '../host/commands/observe-path.ts';
import { type ExchangeWay, exchangeCommand } from '../host/exchange.ts';
import { stashOf } from './change-host.ts';
import { type GateContext, GateStop } from './context.ts';
import { digestsAt } from './digests-at.ts';
import { lastBegun } from './last-begun.ts';
import { raiseFence } from './raise-fence.ts';

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
  const { write, change } = await raiseFence(context);
  const seen = await seeExchange(context, exchange);
  const position = await placeOfEqual(context, exchange, seen, locate(exchange, seen));
  if (position.at === 'drift')
    throw new GateStop(
      'blocked',
      'drift',
      `The host is not as it was when this was decided, so nothing was exchanged. ${position.what}`,
    );
  if (position.at === 'before') {
    // Which directory is which: where both trees are equal, and when something was written into one, digests cannot tell.
    await write('begin', { ...exchange, inodes: await inodesOf(context, exchange) });
    await change('host.exchange', live, exchangeCommand(way, live, incoming));
  }
  if (position.at !== 'done') await change('host.rename', outgoing, renameToBackup(incoming, outgoing));
  await write('end', exchange);
}

/** Two equal trees look the same before and after: there the journal tells, by which directory was where when it was begun. */
async function placeOfEqual(
  context: GateContext,
  exchange: Exchange,
  seen: Seen,
  position: Position,
): Promise<Position> {
  if (position.at !== 'before' || seen.live !== seen.incoming) return position;
  const host = await context.host(context.plan.target.host);
  const { journal } = stashOf(context.plan.target.livePath);
  const { lines } = parseJournal(await host.run(readJournal(journal), { signal: context.signal }));
  const begun = lastBegun(lines, context.job.run, exchange.live);
  const { live } = await inodesOf(context, exchange);
  return begun?.incoming && begun.incoming === live ? { at: 'exchanged' } : position;
}

async function inodesOf(
  context: GateContext,
  { live, incoming }: Exchange,
): Promise<{ live: string | null; incoming: string | null }> {
  const host = await context.host(context.plan.target.host);
  const found = parsePathFacts(await host.run(pathFacts([live, incoming]), { signal: context.signal }));
  const [atLive = null, atIncoming = null] = found.map(identityOf);
  return { live: atLive, incoming: atIncoming };
}

/** Looks only. */
export async function seeExchange(
  context: Pick<GateContext, 'host' | 'plan' | 'signal'>,
  { live, incoming, outgoing }: Pick<Exchange, 'live' | 'incoming' | 'outgoing'>,
): Promise<Seen> {
  const host = await context.host(context.plan.target.host);
  const [atLive = null, atIncoming = null, atOutgoing = null] = await digestsAt(
    host,
    [live, incoming, outgoing],
    context.signal,
  );
  return { live: atLive, incoming: atIncoming, outgoing: atOutgoing };
}
