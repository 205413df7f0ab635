// What stands at some paths of the target host, by tree digest.
import { parsePathFacts, pathFacts } from '../host/commands/observe-path.ts';
import type { Host } from '../host/host.ts';
import { observeTree } from './observe-tree.ts';

/** In the order of the paths: the digest of the tree there, null for nothing, and words for all else ("a symlink"). */
export async function digestsAt(
  host: Pick<Host, 'run'>,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<(string | null)[]> {
  const facts = parsePathFacts(await host.run(pathFacts(paths), { signal }));
  const found: (string | null)[] = [];
  for (const path of paths) {
    const { kind } = facts.find((each) => each.path === path) ?? { kind: 'path that cannot be read' };
    if (kind === 'directory') found.push((await observeTree(host, path, signal)).digest);
    else found.push(kind === 'absent' ? null : `a ${kind}`);
  }
  return found;
}
