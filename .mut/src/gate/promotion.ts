// What a promote does to the live path, from what was staged and approved: an exchange, or for a first deploy a rename.

import { placingWay } from '../host/place.ts';
import type { Json } from '../plan/schema-scalars.ts';
import { requireFacts } from '../run/facts.ts';
import { anchorOf } from './anchor.ts';
import { type GateContext, GateStop } from './context.ts';
import { type Exchange, exchangeTrees, locate, type Position, seeExchange } from './exchange-trees.ts';
import { locatePlacing, type Placing, placeTree, seePlacing } from './place-tree.ts';

export type Promotion =
  | { readonly kind: 'exchange'; readonly exchange: Exchange }
  | { readonly kind: 'placing'; readonly placing: Placing };

/** Throws GateStop `blocked` when what was live at staging is gone; a ZodError without the facts of a whole staging. */
export function promotionOf(facts: { readonly [gate: string]: Json }): Promotion {
  const { livePath, stagedPath, stagedTree, backupPath, exchangeWay } = requireFacts('stage', facts['stage']);
  if (backupPath === null) {
    const way = placingWay(exchangeWay);
    return { kind: 'placing', placing: { way, from: stagedPath, to: livePath, tree: stagedTree.digest } };
  }
  const anchor = anchorOf(facts);
  if (anchor === null)
    throw new GateStop('blocked', 'drift', `${livePath}: expected the tree that was live, got nothing.`);
  const paths = { live: livePath, incoming: stagedPath, outgoing: backupPath };
  return {
    kind: 'exchange',
    exchange: { way: exchangeWay, ...paths, was: anchor.digest, becomes: stagedTree.digest },
  };
}

/** Does it, or finishes what was begun. Throws as `exchangeTrees` and `placeTree` do. */
export function carryOut(context: GateContext, promotion: Promotion): Promise<void> {
  return promotion.kind === 'exchange'
    ? exchangeTrees(context, promotion.exchange)
    : placeTree(context, promotion.placing);
}

/** How far it has come, by a look at the host. */
export async function lookHowFar(
  context: Pick<GateContext, 'host' | 'plan' | 'signal'>,
  promotion: Promotion,
): Promise<Position> {
  return promotion.kind === 'exchange'
    ? locate(promotion.exchange, await seeExchange(context, promotion.exchange))
    : locatePlacing(promotion.placing, await seePlacing(context, promotion.placing));
}
