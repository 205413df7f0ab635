// Where a repository keeps its things, found without asking git: git would read the repository's configuration on the way.
import { readFileSync, type Stats, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { GitError } from './git-error.ts';

/** Absolute paths. */
export interface RepositoryPlaces {
  /** HEAD and index of this working tree. */
  readonly gitDirectory: string;
  /** Objects, refs and configuration; another directory than `gitDirectory` in a linked working tree. */
  readonly commonDirectory: string;
  /** The folder that `.git` stands in; null for a bare repository. A `core.worktree` that leads elsewhere is not followed. */
  readonly workTree: string | null;
}

/** A file that only names a directory is short. */
const longestPointer = 16_384;

/**
 * The repository that a folder is in; null when it is in none. Throws GitError `not-a-repository` when there is no such folder,
 * or when the repository is another user's: what somebody else can change while it is read is nothing to work on.
 */
export function findRepository(folder: string): RepositoryPlaces | null {
  const from = resolve(folder);
  if (statOf(from)?.isDirectory() !== true)
    throw new GitError('not-a-repository', `expected a git repository at ${folder}, got no such folder`);
  for (let at = from; ; at = dirname(at)) {
    const found = repositoryAt(at);
    if (found !== null) {
      const { gitDirectory, commonDirectory, workTree } = found;
      for (const path of new Set([gitDirectory, commonDirectory, workTree ?? at])) assertOwn(path);
      return found;
    }
    if (at === dirname(at)) return null;
  }
}

/** The same; throws GitError `not-a-repository` for a folder that is in none. */
export function locateRepository(folder: string): RepositoryPlaces {
  const found = findRepository(folder);
  if (found !== null) return found;
  throw new GitError('not-a-repository', `expected a git repository at ${folder}, got a folder in none`);
}

function repositoryAt(folder: string): RepositoryPlaces | null {
  const dotGit = join(folder, '.git');
  const stat = statOf(dotGit);
  if (stat?.isFile() === true) {
    const [, named = ''] = /^gitdir: ([^\0\n]+)\n*$/.exec(readPointer(dotGit)) ?? [];
    if (named === '') return null;
    return inDirectory(resolve(folder, named), folder);
  }
  if (stat?.isDirectory() === true) return inDirectory(dotGit, folder);
  return inDirectory(folder, null);
}

function inDirectory(gitDirectory: string, workTree: string | null): RepositoryPlaces | null {
  if (statOf(join(gitDirectory, 'HEAD'))?.isFile() !== true) return null;
  const pointer = join(gitDirectory, 'commondir');
  const commonDirectory =
    statOf(pointer)?.isFile() === true
      ? resolve(gitDirectory, readPointer(pointer).replace(/\n+$/, ''))
      : gitDirectory;
  const isWhole = ['objects', 'refs'].every((name) => statOf(join(commonDirectory, name))?.isDirectory());
  return isWhole ? { gitDirectory, commonDirectory, workTree } : null;
}

/** Text of a small file of the repository; empty when it is too long to be one. */
export function readPointer(path: string): string {
  return (statOf(path)?.size ?? 0) > longestPointer ? '' : readFileSync(path, 'utf8');
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // A file where a folder should be, or one that may not be looked into.
    return undefined;
  }
}

function assertOwn(path: string): void {
  const [owner, own] = [statOf(path)?.uid, process.geteuid?.()];
  if (owner === own) return;
  throw new GitError(
    'not-a-repository',
    `expected a git repository that belongs to the user ${own} of this process, got ${path} of the user ${owner}; run the worker as that user`,
  );
}
