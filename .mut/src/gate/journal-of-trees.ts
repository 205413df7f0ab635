// What a host's own journal says of the names beside a live path: which ones an exchange or a rename has used, which removals
// have begun, and which directory went live last. Pure.
import { z } from 'zod';
import { parseJournalLine } from '../host/commands/observe-journal.ts';

export interface Removal {
  readonly run: string;
  /** Device and inode number of what is removed; null in lines of earlier versions. */
  readonly inode: string | null;
}

export interface JournalOfTrees {
  /** Names that an exchange or a rename has begun with: what lies there may be a tree that was live. */
  readonly moved: ReadonlySet<string>;
  /** By path; removals that have begun and not ended, where nothing was moved since. */
  readonly removing: ReadonlyMap<string, Removal>;
  /** The run by the directory (device and inode number) that its exchange took out of service. */
  readonly takenOut: ReadonlyMap<string, string>;
  /** Removals that have ended, in their order. */
  readonly removed: readonly { readonly path: string; readonly run: string; readonly why: string | null }[];
  /** The last exchange that has begun on the live path, with the directory that it puts there. */
  readonly last: { readonly run: string; readonly becomes: string; readonly inode: string | null } | null;
}

const path = z.string().optional();
const lineSchema = z.object({
  run: z.string(),
  state: z.enum(['begin', 'end']),
  prune: path,
  why: z.string().optional(),
  inode: z.string().optional(),
  live: path,
  incoming: path,
  outgoing: path,
  becomes: z.string().optional(),
  from: path,
  to: path,
  inodes: z.object({ live: z.string().nullable(), incoming: z.string().nullable() }).optional(),
});

/** Lines that are not ours say nothing. */
export function journalOfTrees(lines: readonly string[], livePath: string): JournalOfTrees {
  const moved = new Set<string>();
  const takenOut = new Map<string, string>();
  const removing = new Map<string, Removal>();
  const removed: { path: string; run: string; why: string | null }[] = [];
  let last: JournalOfTrees['last'] = null;
  for (const text of lines) {
    const read = lineSchema.safeParse(parseJournalLine(text));
    if (!read.success) continue;
    const { run, state, prune, why, inode, live, incoming, outgoing, becomes, from, to, inodes } = read.data;
    if (prune !== undefined) {
      if (state === 'begin') removing.set(prune, { run, inode: inode ?? null });
      else {
        removing.delete(prune);
        removed.push({ path: prune, run, why: why ?? null });
      }
      continue;
    }
    for (const used of [incoming, outgoing, from, to])
      if (used !== undefined) {
        moved.add(used);
        removing.delete(used);
      }
    if (inodes?.live) takenOut.set(inodes.live, run);
    if (inodes?.incoming) takenOut.delete(inodes.incoming);
    if (state === 'begin' && live === livePath && becomes !== undefined)
      last = { run, becomes, inode: inodes?.incoming ?? null };
  }
  return { moved, removing, takenOut, removed, last };
}
