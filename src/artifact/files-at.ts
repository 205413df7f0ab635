// Files as a commit has them, many with two runs of git.
import { readBlobs } from './read-blobs.ts';
import { type GitOptions, resolveCommit } from './resolve-commit.ts';
import { askGit, assertPlainArgument } from './run-git.ts';

/**
 * The bytes of each path in a commit (for a symlink its target), without line end conversion; null for a path that is no
 * file there. Throws GitError `not-a-repository`, `unknown-commit`, `unsafe-argument`.
 */
export async function filesAt(
  repo: string,
  commit: string,
  paths: readonly string[],
  options: GitOptions = {},
): Promise<Map<string, Buffer | null>> {
  for (const path of paths) assertPlainArgument('a path', path);
  const id = await resolveCommit(repo, commit, options);
  const call = { cwd: repo, ...options };
  const found = new Map<string, Buffer | null>(paths.map((path) => [path, null]));
  if (paths.length === 0) return found;
  const listed = await askGit(['ls-tree', '-z', '--full-tree', id, '--', ...paths], call);
  const blobs = listed.split('\0').flatMap((line) => {
    const [, blob, path] = /^\d{6} blob ([0-9a-f]+)\t([\s\S]+)$/.exec(line) ?? [];
    return blob !== undefined && path !== undefined && found.has(path) ? [{ blob, path }] : [];
  });
  const reader = readBlobs(
    blobs.map(({ blob }) => blob),
    call,
  );
  try {
    for (const { path } of blobs) {
      const chunks: Buffer[] = [];
      for await (const chunk of (await reader.next()).content) chunks.push(chunk);
      found.set(path, Buffer.concat(chunks));
    }
  } finally {
    await reader.close();
  }
  return found;
}
