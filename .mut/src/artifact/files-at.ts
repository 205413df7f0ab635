// Files as a commit has them, many with two runs of git.
import { eachBlob } from './read-blobs.ts';
import { type GitOptions, resolveCommit } from './resolve-commit.ts';
import { assertPlainArgument } from './run-git.ts';
import { listEntries } from './tracked-files.ts';

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
  const blobs = (await listEntries(id, call)).filter(({ path, type }) => type === 'blob' && found.has(path));
  for await (const [{ path }, content] of eachBlob(blobs, call)) found.set(path, content);
  return found;
}
