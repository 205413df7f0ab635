// A tree as a probe sees it: every name in it with its content, its permissions, or where it leads.
import { sha256Hex } from '../evidence/digest.ts';
import { parseTreeListing, type TreeEntry, treeListing } from '../host/commands/observe-tree.ts';
import type { Host } from '../host/host.ts';
import type { Probe } from '../plan/schema-probes.ts';
import type { Observation } from './read-probe.ts';

/**
 * One digest over more than the digest of a deployed tree: also over all permission bits, empty directories, sockets and pipes.
 * Owners and times do not count. Throws HostError when there is no plain directory.
 */
export async function readTree(
  { path }: Extract<Probe, { kind: 'tree-digest' }>,
  host: Pick<Host, 'run'>,
  signal: AbortSignal,
): Promise<Observation> {
  const entries = parseTreeListing(await host.run(treeListing(path), { signal }));
  const files = entries.filter(({ type }) => type !== 'directory').length;
  const digest = `sha256:${sha256Hex(`interlock-tree-state-1\0${entries.map(recordOf).join('')}`)}`;
  return { value: digest, shown: `${files} files, ${digest}` };
}

/** No path holds a NUL, so no two trees make the same text. */
function recordOf(entry: TreeEntry): string {
  const { type, path } = entry;
  switch (type) {
    case 'file':
      return `file ${entry.mode.toString(8)} ${entry.sha256} ${path}\0`;
    case 'directory':
      return `directory ${entry.mode.toString(8)} ${path}\0`;
    case 'symlink':
      return `symlink ${path}\0${entry.target}\0`;
    case 'other':
      return `other ${entry.kind} ${path}\0`;
  }
}
