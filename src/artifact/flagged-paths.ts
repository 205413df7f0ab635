// Files that git was told not to look at: their changes show in no status, and a merge writes over them or stops at them.
import { lstat, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { eachBlob } from './read-blobs.ts';
import { askGit, type GitCall } from './run-git.ts';

/** `S` is skip-worktree, also what a sparse checkout leaves out; a lower-case letter is assume-unchanged. */
export type FlaggedPath = { readonly path: string; readonly flag: string; readonly blob: string };

/** Of the index; none in a bare repository. Throws GitError. */
export async function flaggedPaths(call: GitCall): Promise<FlaggedPath[]> {
  const listed = await askGit(['ls-files', '--full-name', '-v', '-s', '-z'], call);
  return listed.split('\0').flatMap((line) => {
    const [, flag = '', blob = '', path = ''] = /^([Sa-z]) \d{6} ([0-9a-f]+) \d\t([\s\S]+)$/.exec(line) ?? [];
    return flag === '' ? [] : [{ path, flag, blob }];
  });
}

/** Flagged paths whose file is there with other bytes, or is gone without a sparse checkout. Throws GitError. */
export async function changesBehindFlags(call: GitCall): Promise<string[]> {
  const flagged = await flaggedPaths(call);
  if (flagged.length === 0) return [];
  const root = await askGit(['rev-parse', '--show-toplevel'], call);
  const changed: string[] = [];
  const present = new Map<string, Buffer>();
  for (const { path, flag } of flagged) {
    const content = await contentOf(join(root, path));
    if (content !== null) present.set(path, content);
    else if (flag !== 'S') changed.push(path);
  }
  const compared = flagged.filter(({ path }) => present.has(path));
  for await (const [{ path }, committed] of eachBlob(compared, call))
    if (present.get(path)?.equals(committed) !== true) changed.push(path);
  return changed.sort();
}

/** Null when it is not there, or is no file and no link. */
async function contentOf(absolute: string): Promise<Buffer | null> {
  try {
    const found = await lstat(absolute);
    if (found.isSymbolicLink()) return Buffer.from(await readlink(absolute));
    return found.isFile() ? await readFile(absolute) : Buffer.alloc(0);
  } catch (error) {
    if (
      (error as NodeJS.ErrnoException).code === 'ENOENT' ||
      (error as NodeJS.ErrnoException).code === 'ENOTDIR'
    )
      return null;
    throw error;
  }
}
