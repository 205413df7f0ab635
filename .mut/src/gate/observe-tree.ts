// A tree on a host, as the manifest and the tree digest see it.
import { posix } from 'node:path';
import { compareTree, type Manifest } from '../artifact/manifest.ts';
import { type TreeEntry, treeDigest } from '../artifact/tree-digest.ts';
import { sha256Hex } from '../evidence/digest.ts';
import { parsePathFacts, pathFacts } from '../host/commands/observe-path.ts';
import {
  type TreeEntry as ListedEntry,
  parseTreeListing,
  treeListing,
} from '../host/commands/observe-tree.ts';
import type { Host } from '../host/host.ts';
import type { ArtifactFacts } from '../run/facts.ts';
import { GateStop } from './context.ts';
import type { Recorder } from './recorder.ts';

export interface ObservedTree {
  readonly path: string;
  readonly digest: string;
  readonly files: number;
  readonly entries: readonly TreeEntry[];
}

/** Lists a tree. Throws HostError when there is none, GateStop when it holds devices, sockets or pipes. */
export async function observeTree(
  host: Pick<Host, 'run'>,
  path: string,
  signal: AbortSignal,
): Promise<ObservedTree> {
  const listed = parseTreeListing(await host.run(treeListing(path), { signal }));
  const entries = listed.flatMap((entry) => describeEntry(path, entry));
  return { path, digest: treeDigest(entries), files: entries.length, entries };
}

/** The tree at a path, or null for nothing. Throws GateStop `blocked` `drift` for anything else than a plain directory. */
export async function findTree(
  host: Pick<Host, 'run'>,
  path: string,
  signal: AbortSignal,
): Promise<ObservedTree | null> {
  const [found] = parsePathFacts(await host.run(pathFacts([path]), { signal }));
  if (found?.kind === 'absent') return null;
  if (found?.kind === 'directory') return observeTree(host, path, signal);
  throw new GateStop(
    'blocked',
    'drift',
    `${path}: expected a plain directory or nothing, got a ${found?.kind}`,
  );
}

function describeEntry(root: string, entry: ListedEntry): TreeEntry[] {
  const { path } = entry;
  if (entry.type === 'directory') return [];
  if (entry.type === 'file') {
    const { sha256, bytes, mode } = entry;
    return [{ path, kind: 'file', sha256, bytes, executable: (mode & 0o100) !== 0 }];
  }
  if (entry.type === 'symlink') {
    const bytes = Buffer.byteLength(entry.target);
    return [{ path, kind: 'symlink', sha256: sha256Hex(entry.target), bytes, executable: false }];
  }
  throw new GateStop(
    'fail',
    'strange-file',
    `${root}/${path}: expected files, directories and symlinks, got a device, socket or pipe`,
  );
}

/** The manifest that the artifact gate handed on. */
export function manifestOf(facts: ArtifactFacts): Manifest {
  const entries = facts.manifest.entries.map(({ path, sha256, bytes, mode }) => ({
    path,
    sha256,
    bytes,
    mode: String(mode) as '100644',
  }));
  return { name: facts.artifact.name, commit: facts.commit, entries };
}

/** Decides the criterion `id`: every file of the tree equals the manifest, and there is no other. */
export function checkManifest(
  record: Recorder,
  id: string,
  title: string,
  manifest: Manifest,
  tree: ObservedTree,
): boolean {
  const { missing, added, changed } = compareTree(manifest, tree.entries);
  const equal = missing.length + added.length + changed.length === 0;
  const name = (what: string, paths: readonly string[]) =>
    paths.length === 0
      ? []
      : [
          `${what}: ${paths.slice(0, 20).join(', ')}${paths.length > 20 ? ` and ${paths.length - 20} more` : ''}`,
        ];
  return record.check(id, title, equal, {
    expected: `${manifest.entries.length} files equal to the manifest`,
    actual: equal
      ? `${tree.files} files equal to the manifest`
      : [
          ...name('missing', missing),
          ...name('not in the manifest', added),
          ...name(
            'different',
            changed.map(({ path }) => path),
          ),
        ].join('; '),
    evidence: [
      record.keep(
        `listing of ${posix.basename(tree.path)}`,
        tree.entries.map(({ sha256, path }) => `${sha256}  ${path}`).join('\n'),
      ),
    ],
  });
}
