// Which old trees beside a live path may go: only those that the host's own journal names as what promotes and rollbacks of
// this live path have left, in the order in which it names them. Never by a time of the file system. Pure.
import { z } from 'zod';
import { parseJournalLine } from '../host/commands/observe-journal.ts';
import { readNameBeside } from './names-beside.ts';

export interface OldTree {
  readonly path: string;
  /** Null when the journal does not say which tree it is. */
  readonly digest: string | null;
  /** When it was put there (RFC 3339, UTC). */
  readonly at: string;
  /** What a rollback may return to, or a tree that was rolled back from. */
  readonly kind: 'backup' | 'bad';
  /** Its removal was begun before, and cut off. */
  readonly begun: boolean;
}

const lineSchema = z.object({
  at: z.iso.datetime(),
  state: z.enum(['begin', 'end']),
  live: z.string().optional(),
  incoming: z.string().optional(),
  outgoing: z.string().optional(),
  was: z.string().nullable().optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  tree: z.string().nullable().optional(),
  prune: z.string().optional(),
});

/** What should still lie beside the live path, the oldest first. Lines that are not ours, or not of this live path, say nothing. */
export function oldTreesIn(lines: readonly string[], livePath: string): OldTree[] {
  const there = new Map<string, Omit<OldTree, 'kind' | 'begun'>>();
  const begun = new Set<string>();
  const bad = new Set<string>();
  const add = (path: string | undefined, digest: string | null | undefined, at: string) => {
    const kind = path === undefined ? null : kindOf(path, livePath);
    if (path === undefined || kind === null) return;
    if (kind === 'bad' && digest) bad.add(digest);
    there.delete(path);
    there.set(path, { path, digest: digest ?? null, at });
  };
  for (const line of lines) {
    const read = lineSchema.safeParse(parseJournalLine(line));
    if (!read.success) continue;
    const { at, state, live, incoming, outgoing, was, from, to, tree, prune } = read.data;
    if (prune !== undefined) {
      if (state === 'begin') begun.add(prune);
      else there.delete(prune);
    } else if (state === 'end' && live === livePath) {
      if (incoming !== undefined) there.delete(incoming);
      add(outgoing, was, at);
    } else if (state === 'end' && from === livePath) add(to, tree, at);
  }
  return [...there.values()].map((each) => ({
    ...each,
    // A backup of a tree that was rolled back from is no way back.
    kind: each.digest !== null && bad.has(each.digest) ? 'bad' : (kindOf(each.path, livePath) ?? 'bad'),
    begun: begun.has(each.path),
  }));
}

export interface Keeping {
  /** How many of each kind are kept. */
  readonly count: number;
  readonly days: number | undefined;
  /** Path of the anchor of what is live, which stays; null when there is none. */
  readonly anchor: string | null;
  readonly now: Date;
}

/** Those to remove, each with the reason. The newest of each kind stays, and so does the anchor. */
export function chooseOldTrees(
  trees: readonly OldTree[],
  { count, days, anchor, now }: Keeping,
): (OldTree & { readonly why: string })[] {
  const tooOld = days === undefined ? null : now.getTime() - days * 86_400_000;
  return (['backup', 'bad'] as const).flatMap((kind) =>
    trees
      .filter((each) => each.kind === kind)
      .toReversed()
      .flatMap((each, index) => {
        if (each.path === anchor || index === 0) return [];
        if (index >= count) return [{ ...each, why: `${count} newer are kept` }];
        return tooOld !== null && Date.parse(each.at) < tooOld
          ? [{ ...each, why: `older than ${days} days` }]
          : [];
      }),
  );
}

/** By its name, which must be one that Interlock gives beside this live path. */
function kindOf(path: string, livePath: string): OldTree['kind'] | null {
  const name = readNameBeside(path, livePath);
  if (!name || name.part) return null;
  return name.kind === 'backup' || name.kind === 'bad' ? name.kind : null;
}
