import { mkdir, readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { borrowObjects } from './bring-objects.ts';
import { changesBehindFlags } from './flagged-paths.ts';
import { GitError } from './git-error.ts';
import { assertRepository, type GitOptions, resolveCommit } from './resolve-commit.ts';
import { askGit, type GitCall, gitFailed, initRepository, runGit } from './run-git.ts';
import { withoutConversions } from './without-conversions.ts';

/** The commit that is checked out. Throws GitError `unknown-commit` when there is none yet. */
export async function headOf(repo: string, options: GitOptions = {}): Promise<string> {
  return resolveCommit(repo, 'HEAD', options);
}

/** The first parent of a commit. Throws GitError `unknown-commit` when it has none. */
export async function parentOf(repo: string, commit: string, options: GitOptions = {}): Promise<string> {
  return resolveCommit(repo, `${commit}^`, options);
}

/** When a commit was made. */
export async function commitTime(repo: string, commit: string, options: GitOptions = {}): Promise<Date> {
  const id = await resolveCommit(repo, commit, options);
  const seconds = await askGit(['show', '--no-patch', '--format=%ct', id], { cwd: repo, ...options });
  return new Date(Number(seconds) * 1000);
}

/** The short name of the branch that is checked out, or null when HEAD is detached. */
export async function branchOf(repo: string, options: GitOptions = {}): Promise<string | null> {
  await assertRepository(repo, options);
  const args = ['symbolic-ref', '--quiet', 'HEAD'];
  const answer = await runGit(args, { cwd: repo, ...options });
  if (answer.code === 1) return null;
  if (answer.code !== 0) throw gitFailed(args, answer);
  return answer.stdout
    .toString()
    .trim()
    .replace(/^refs\/heads\//, '');
}

/** Whether any working tree of the repository is on the branch. Throws GitError. */
export async function isCheckedOut(ref: string, call: GitCall): Promise<boolean> {
  const listed = await askGit(['worktree', 'list', '--porcelain', '-z'], call);
  return listed.split('\0').includes(`branch ${ref}`);
}

/**
 * Paths that differ from HEAD in the index or the working tree, and untracked ones that are not ignored. A file that git would
 * call changed only because its attributes would write it otherwise (ends of lines, `$Id$`, an encoding) does not differ; one that
 * git was told not to look at (`--assume-unchanged`, `--skip-worktree`) is looked at.
 * Writes nothing.
 */
export async function dirtyPaths(repo: string, options: GitOptions = {}): Promise<string[]> {
  await assertRepository(repo, options);
  const call = { cwd: repo, ...options };
  const hidden = await changesBehindFlags(call);
  const paths = await statusOf(call);
  if (paths.length === 0) return hidden;
  const head = await runGit(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], call);
  // Nothing is committed yet, so nothing can be equal to it.
  if (head.code !== 0) return [...new Set([...hidden, ...paths])];
  const differing = new Set(await withoutConversions(head.stdout.toString().trim(), call, statusOf));
  return [...new Set([...hidden, ...paths.filter((path) => differing.has(path))])];
}

async function statusOf(call: GitCall): Promise<string[]> {
  const args = [
    'status',
    '--porcelain=v1',
    '-z',
    '--untracked-files=all',
    // Looking into one, git would start itself there, with what is configured there.
    '--ignore-submodules=dirty',
    '--no-renames',
  ];
  const listed = await askGit(args, call);
  return listed.split('\0').flatMap((line) => (line === '' ? [] : [line.slice(3)]));
}

/** Whether nothing differs from HEAD and nothing is untracked; ignored files do not count. Writes nothing. */
export async function isClean(repo: string, options: GitOptions = {}): Promise<boolean> {
  return (await dirtyPaths(repo, options)).length === 0;
}

export type DiffStat = {
  readonly filesChanged: number;
  readonly insertions: number;
  readonly deletions: number;
};

/**
 * How much differs between two commits. Binary files count as changed with no lines; a rename is a deletion
 * and an addition.
 */
export async function diffStat(
  repo: string,
  from: string,
  to: string,
  options: GitOptions = {},
): Promise<DiffStat> {
  const ids = [await resolveCommit(repo, from, options), await resolveCommit(repo, to, options)];
  const args = [
    'diff-tree',
    '-r',
    '-z',
    '--numstat',
    '--no-renames',
    '--no-textconv',
    '--no-ext-diff',
    ...ids,
  ];
  const listed = await askGit(args, { cwd: repo, ...options });
  const rows = [...listed.matchAll(/(?:^|\0)(\d+|-)\t(\d+|-)\t/g)];
  const sum = (column: number) => rows.reduce((total, row) => total + (Number(row[column]) || 0), 0);
  return { filesChanged: rows.length, insertions: sum(1), deletions: sum(2) };
}

/**
 * Makes a copy of `repo` in `directory` with a detached HEAD at a commit and no file checked out, which borrows the objects of
 * `repo`: nothing in `repo` is written. It is usable as long as `repo` keeps the commit. Throws GitError `directory-exists`
 * unless the folder is missing or empty.
 */
export async function cloneShared(
  repo: string,
  directory: string,
  commit: string,
  options: GitOptions = {},
): Promise<void> {
  const id = await resolveCommit(repo, commit, options);
  const target = resolve(directory);
  const present = await readdir(target).catch(() => []);
  if (present.length > 0) {
    throw new GitError(
      'directory-exists',
      `expected ${directory} to be missing or empty, got ${present.length} entries`,
    );
  }
  // Not `git clone`: it starts a second git in `repo`, which obeys what is configured there.
  await mkdir(target, { recursive: true });
  await initRepository(target, {
    isBare: false,
    objectFormat: id.length === 64 ? 'sha256' : 'sha1',
    ...options,
  });
  await borrowObjects(repo, target);
  const branch = await branchOf(repo, options);
  if (branch !== null) {
    const head = await headOf(repo, options);
    await askGit(['update-ref', `refs/heads/${branch}`, head], { cwd: target, ...options });
  }
  await askGit(['update-ref', '--no-deref', 'HEAD', id], { cwd: target, ...options });
}
