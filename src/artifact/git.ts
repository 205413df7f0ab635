import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { borrowObjects } from './bring-objects.ts';
import { GitError } from './git-error.ts';
import { assertRepository, type GitOptions, resolveCommit } from './resolve-commit.ts';
import { askGit, assertPlainArgument, type GitCall, gitFailed, initRepository, runGit } from './run-git.ts';

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
 * Paths that differ from HEAD in the index or the working tree, and untracked ones that are not ignored.
 * Writes nothing.
 */
export async function dirtyPaths(repo: string, options: GitOptions = {}): Promise<string[]> {
  await assertRepository(repo, options);
  const args = [
    'status',
    '--porcelain=v1',
    '-z',
    '--untracked-files=all',
    // Looking into one, git would start itself there, with what is configured there.
    '--ignore-submodules=dirty',
    '--no-renames',
  ];
  const listed = await askGit(args, { cwd: repo, ...options });
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
 * Makes a working copy of a commit in `directory`, with a detached HEAD, that borrows the objects of `repo`:
 * nothing in `repo` is written. It is usable as long as `repo` keeps the commit. Throws GitError
 * `directory-exists` unless the folder is missing or empty.
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
  await askGit(['checkout', '--quiet', '--force', '--detach', id], { cwd: target, ...options });
}

/**
 * A working tree as a commit would hold it, without `.gitignore`d files: its tree id, and which paths differ
 * from `baseline`.
 */
export type WouldBeTree = { readonly tree: string; readonly changed: readonly string[] };

/**
 * What `commitAll` would commit. The index stays as it is; only objects are written, into `directory`'s own
 * store.
 */
export async function treeOf(
  directory: string,
  baseline: string,
  options: GitOptions = {},
): Promise<WouldBeTree> {
  const head = await headOf(directory, options);
  const base = await resolveCommit(directory, baseline, options);
  const scratch = await mkdtemp(join(tmpdir(), 'interlock-index-'));
  try {
    const index = { GIT_INDEX_FILE: join(scratch, 'index') };
    const call = { cwd: directory, env: index, ...options };
    await askGit(['read-tree', head], call);
    await askGit(['add', '--all', ':/'], { ...call, env: { ...call.env, GIT_LITERAL_PATHSPECS: '0' } });
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

export type NewCommit = {
  readonly message: string;
  readonly author: { readonly name: string; readonly email: string };
  /** A Date, or ISO 8601; whole seconds count, the zone is UTC. */
  readonly date: Date | string;
};

/**
 * Commits all changes in `directory` onto its HEAD, author and committer alike. The same tree, parent,
 * message, author and date give the same id on every machine. No hook runs. Throws GitError
 * `nothing-to-commit`, `unsafe-argument`, `head-moved`.
 */
export async function commitAll(directory: string, commit: NewCommit & GitOptions): Promise<string> {
  const { author, message, signal } = commit;
  const seconds = Math.floor(new Date(commit.date).getTime() / 1000);
  assertAuthor(author);
  if (message.trim() === '' || message.includes('\0'))
    throw new GitError('unsafe-argument', 'expected a commit message');
  if (!(seconds >= 0)) throw new GitError('unsafe-argument', 'expected a date from 1970 on, got another');

  const call: GitCall = { cwd: directory, signal };
  const parent = await headOf(directory, { signal });
  await askGit(['add', '--all', ':/'], { ...call, env: { ...call.env, GIT_LITERAL_PATHSPECS: '0' } });
  const tree = await askGit(['write-tree'], call);
  if (tree === (await askGit(['rev-parse', '--verify', `${parent}^{tree}`], call))) {
    throw new GitError('nothing-to-commit', `expected changes in ${directory}, got the tree of ${parent}`);
  }
  const [name, email, when] = [author.name, author.email, `${seconds} +0000`];
  const env = {
    ...{ GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_AUTHOR_DATE: when },
    ...{ GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email, GIT_COMMITTER_DATE: when },
  };
  const args = ['commit-tree', tree, '-p', parent, '-F', '-'];
  const id = await askGit(args, { ...call, env, input: `${message.trimEnd()}\n` });
  const moved = await runGit(['update-ref', '-m', 'interlock: commit', 'HEAD', id, parent], call);
  if (moved.code !== 0)
    throw new GitError('head-moved', `expected HEAD of ${directory} at ${parent}, got another commit`);
  return id;
}

function assertAuthor(author: NewCommit['author']): void {
  for (const value of [author.name, author.email]) {
    assertPlainArgument('an author', value);
    // git drops these silently, so that the commit would name somebody else.
    if (/[<>]/.test(value))
      throw new GitError('unsafe-argument', `expected an author without < and >, got ${value}`);
  }
}
