// A change set laid over a commit, as objects of git alone. No file is checked out and no index of a working tree is used: so
// neither attributes nor ignore rules nor settings of the repository have a say in what bytes are, and no link can be followed.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type GitOptions, resolveCommit } from './resolve-commit.ts';
import { askGit, assertPlainArgument } from './run-git.ts';
import type { TrackedEntry } from './tracked-files.ts';

/** A file as it is to be (its bytes are those of `from`), or a path that is to be no more. */
export type Overlay =
  | { readonly path: string; readonly mode: '100644' | '100755'; readonly from: string }
  | { readonly path: string; readonly mode: 'removed' };

/** The tree's id, and the paths that differ from the commit. */
export type OverlaidTree = { readonly tree: string; readonly changed: readonly string[] };

/**
 * Writes the tree of `commit` with these changes into the object store of `repo`, and nothing else. Each path must be free of
 * folders, and lead through none but folders. Throws GitError `unknown-commit`, `unsafe-argument`; `git-failed` when git takes
 * a path for unsafe (`.git`), or when a file stands where another needs a folder.
 */
export async function overlayTree(
  repo: string,
  commit: string,
  overlays: readonly Overlay[],
  options: GitOptions = {},
): Promise<OverlaidTree> {
  const base = await resolveCommit(repo, commit, options);
  const blobs = await hashRaw(repo, overlays, options);
  const scratch = await mkdtemp(join(tmpdir(), 'interlock-index-'));
  try {
    const call = { cwd: repo, env: { GIT_INDEX_FILE: join(scratch, 'index') }, ...options };
    await askGit(['read-tree', base], call);
    const lines = overlays.map(({ path, mode }) => {
      assertPlainArgument('a path', path);
      return mode === 'removed'
        ? `0 ${'0'.repeat(base.length)}\t${path}\0`
        : `${mode} ${blobs.get(path)}\t${path}\0`;
    });
    await askGit(['update-index', '-z', '--index-info'], { ...call, input: lines.join('') });
    const tree = await askGit(['write-tree'], call);
    const differing = await askGit(
      ['diff-tree', '-r', '-z', '--name-only', '--no-renames', base, tree],
      call,
    );
    return { tree, changed: differing.split('\0').filter((path) => path !== '') };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Ids of the blobs, by path. */
async function hashRaw(
  repo: string,
  overlays: readonly Overlay[],
  options: GitOptions,
): Promise<Map<string, TrackedEntry['blob']>> {
  const files = overlays.flatMap((each) => (each.mode === 'removed' ? [] : [each]));
  if (files.length === 0) return new Map();
  const input = files.map(({ from }) => {
    const absolute = resolve(from);
    assertPlainArgument('a file', absolute);
    return `${absolute}\n`;
  });
  const args = ['hash-object', '-t', 'blob', '-w', '--no-filters', '--stdin-paths'];
  const ids = (await askGit(args, { cwd: repo, input: input.join(''), ...options })).split('\n');
  return new Map(files.map(({ path }, index) => [path, ids[index] ?? '']));
}
