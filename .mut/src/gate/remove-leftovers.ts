// Removes what was judged to be no way back, one by one, each in the host's journal before and after.
import { removeSeen } from '../host/commands/mutate-tree.ts';
import type { Leftover } from '../run/facts-of-tidy.ts';
import type { GateContext } from './context.ts';
import type { Scene } from './leftover-scene.ts';
import type { Fenced } from './raise-fence.ts';

/** What a killed worker has left half removed is known again by its directory, so the next tidy finishes it. */
export async function removeLeftovers(
  context: GateContext,
  { write, change }: Fenced,
  scene: Scene,
  going: readonly Leftover[],
): Promise<void> {
  const { livePath } = context.plan.target;
  for (const { path, why, tree } of going) {
    const seen = scene.found.find((each) => each.path === path);
    if (!seen?.inode) throw new RangeError(`expected ${path} to have been seen, got none`);
    await context.progress(`removing ${path}`);
    await write('begin', { prune: path, inode: seen.inode, tree, why });
    await change('host.remove', path, removeSeen(path, livePath, seen.inode));
    await write('end', { prune: path, why });
  }
  // Removals that were cut off after the last file: nothing is left there, and only their end is missing.
  const there = new Set(scene.found.map(({ path }) => path));
  for (const [path, { run }] of scene.journal.removing)
    if (!there.has(path) && !there.has(`${path}.part`))
      await write('end', { prune: path, why: `its removal was begun by run ${run}` });
}
