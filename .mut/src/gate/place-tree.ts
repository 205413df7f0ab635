// How the first tree of a live path goes live, and how it is taken out again: one rename to a name that must be free. As with
// the exchange, it looks at the world first, so that a run that was killed half-way is finished, not repeated.
import { identityOf, parsePathFacts, pathFacts } from '../host/commands/observe-path.ts';
import { type PlacingWay, placeCommand } from '../host/place.ts';
import { type GateContext, GateStop } from './context.ts';
import { digestsAt } from './digests-at.ts';
import { raiseFence } from './raise-fence.ts';

export interface Placing {
  readonly way: PlacingWay;
  /** Where the tree stands before. */
  readonly from: string;
  /** Where it stands afterwards, and where nothing may be before. */
  readonly to: string;
  /** Its digest; null for whatever is there, when it is the way back. */
  readonly tree: string | null;
}

export type PlacingPosition =
  | { readonly at: 'before' | 'done' }
  | { readonly at: 'drift'; readonly what: string };

/** How far the rename is, from what is at the two paths (null for nothing). Pure. */
export function locatePlacing(
  { from, to, tree }: Placing,
  seen: { readonly from: string | null; readonly to: string | null },
): PlacingPosition {
  const fits = (digest: string | null) => digest !== null && (tree === null || digest === tree);
  if (fits(seen.from) && seen.to === null) return { at: 'before' };
  if (seen.from === null && fits(seen.to)) return { at: 'done' };
  const say = (path: string, expected: string, got: string | null) =>
    `${path}: expected ${expected}, got ${got ?? 'nothing'}`;
  const what = [
    ...(fits(seen.from) ? [] : [say(from, tree ?? 'a tree', seen.from)]),
    ...(seen.to === null ? [] : [say(to, 'nothing', seen.to)]),
  ];
  return { at: 'drift', what: what.join('; ') };
}

/**
 * Renames, or finishes what was begun. Throws GateStop `blocked` `drift` when the host is not as it was when it was approved,
 * before anything is changed.
 */
export async function placeTree(context: GateContext, placing: Placing): Promise<void> {
  const { way, from, to } = placing;
  const { write, change } = await raiseFence(context);
  const position = locatePlacing(placing, await seePlacing(context, placing));
  if (position.at === 'drift')
    throw new GateStop(
      'blocked',
      'drift',
      `The host is not as it was when this was decided, so nothing was renamed. ${position.what}`,
    );
  if (position.at === 'before') {
    const [tree] = parsePathFacts(
      await (await context.host(context.plan.target.host)).run(pathFacts([from]), { signal: context.signal }),
    );
    await write('begin', { ...placing, inode: identityOf(tree) });
    // Of both names the live one is what people look for in the journal.
    await change('host.rename', context.plan.target.livePath, placeCommand(way, from, to));
  }
  await write('end', placing);
}

/** Looks only. */
export async function seePlacing(
  { host, plan, signal }: Pick<GateContext, 'host' | 'plan' | 'signal'>,
  { from, to }: Pick<Placing, 'from' | 'to'>,
): Promise<{ from: string | null; to: string | null }> {
  const [atFrom = null, atTo = null] = await digestsAt(await host(plan.target.host), [from, to], signal);
  return { from: atFrom, to: atTo };
}
