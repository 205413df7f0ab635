// What stands at some paths of a host, whatever it is: for a look that must say something of each.
import { identityOf, parsePathFacts, pathFacts } from '../host/commands/observe-path.ts';
import type { Host } from '../host/host.ts';
import { HostError, type HostErrorCode } from '../host/host-error.ts';
import { GateStop } from './context.ts';
import { observeTree } from './observe-tree.ts';

const unlistable: ReadonlySet<HostErrorCode> = new Set(['command-failed', 'output-unreadable']);

export interface TreeAt {
  readonly path: string;
  /** Tree digest; null for nothing, and for what is no plain tree. */
  readonly digest: string | null;
  readonly files: number | undefined;
  /** In words, what stands there that is no plain tree. */
  readonly strange: string | null;
  /** Device and inode number of what stands there; null for nothing. */
  readonly inode: string | null;
}

/**
 * In the order of the paths. A tree that cannot be listed (an unreadable file, a name that is no UTF-8, too much of it) is said to
 * be that; the first only where `tolerant`, else HostError is thrown.
 */
export async function treesAt(
  host: Pick<Host, 'run'>,
  paths: readonly string[],
  signal: AbortSignal,
  tolerant = true,
): Promise<TreeAt[]> {
  const facts = parsePathFacts(await host.run(pathFacts(paths), { signal }));
  const found: TreeAt[] = [];
  for (const [index, path] of paths.entries()) {
    const at = facts.find((each) => each.path === path);
    if (!at || at.kind === 'absent') {
      found.push({
        path,
        digest: null,
        files: undefined,
        strange: at ? null : 'a path that cannot be read',
        inode: null,
      });
      continue;
    }
    const inode = identityOf(at);
    if (at.kind !== 'directory')
      found.push({ path, digest: null, files: undefined, strange: `a ${at.kind}`, inode });
    else found.push({ path, inode, ...(await digestOrWords(host, path, signal, tolerant || index > 0)) });
  }
  return found;
}

async function digestOrWords(host: Pick<Host, 'run'>, path: string, signal: AbortSignal, tolerant: boolean) {
  try {
    const { digest, files } = await observeTree(host, path, signal);
    return { digest, files, strange: null };
  } catch (error) {
    // A device, socket or pipe in it: there is a tree, and no digest that says which.
    if (tolerant && error instanceof HostError && unlistable.has(error.code))
      return { digest: null, files: undefined, strange: `a tree that cannot be listed: ${error.message}` };
    if (error instanceof GateStop) return { digest: null, files: undefined, strange: error.message };
    throw error;
  }
}
