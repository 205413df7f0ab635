// Removes old trees beside the live path, once the way back has been rehearsed: by count and age, from the host's own journal.

import { removeStaged } from '../host/commands/mutate-tree.ts';
import { parseJournal, readJournal } from '../host/commands/observe-journal.ts';
import { HostError } from '../host/host-error.ts';
import { stashOf } from './change-host.ts';
import type { GateContext } from './context.ts';
import { findTree } from './observe-tree.ts';
import { chooseOldTrees, type OldTree, oldTreesIn } from './old-trees.ts';
import { type Fenced, raiseFence } from './raise-fence.ts';

/** `anchor` is the path of the way back from what is live. Resolves with what was removed, and why. */
export async function pruneOldTrees(
  context: GateContext,
  anchor: string | null,
): Promise<{ path: string; why: string }[]> {
  const { plan, record, signal, now } = context;
  const { host, livePath, keepBackups, keepBackupDays } = plan.target;
  const observer = await context.host(host);
  const { lines } = parseJournal(await observer.run(readJournal(stashOf(livePath).journal), { signal }));
  const keeping = { count: keepBackups, days: keepBackupDays, anchor, now: now() };
  const chosen = chooseOldTrees(oldTreesIn(lines, livePath), keeping);
  if (chosen.length === 0) return [];
  const fence = await raiseFence(context);
  const removed: { path: string; why: string }[] = [];
  const left: string[] = [];
  for (const { why, ...tree } of chosen) {
    const obstacle = await remove(context, fence, tree);
    if (obstacle === null) removed.push({ path: tree.path, why });
    else left.push(`${tree.path}: ${obstacle}`);
  }
  if (left.length > 0) record.keep('old trees that were left', left.join('\n'));
  return removed;
}

/** Null when it is gone now; else why it was left. What is not as the journal has it is for people to look at. */
async function remove(
  context: GateContext,
  { write, change }: Fenced,
  { path, digest, begun }: OldTree,
): Promise<string | null> {
  const { plan, signal } = context;
  const tree = await findTree(await context.host(plan.target.host), path, signal);
  if (tree && !begun && digest !== null && tree.digest !== digest)
    return `expected ${digest}, as the journal has it, got ${tree.digest}`;
  try {
    // A tree loses its name first: one whose removal was cut off may still be half there under another.
    if (tree || begun) {
      await write('begin', { prune: path });
      await change('host.remove', path, removeStaged(path, plan.target.livePath));
    }
    await write('end', { prune: path });
    return null;
  } catch (error) {
    // Old trees are no reason to doubt what is live.
    if (error instanceof HostError && error.code === 'command-failed') return error.message;
    throw error;
  }
}
