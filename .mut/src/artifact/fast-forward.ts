import { bringCommit } from './bring-objects.ts';
import { branchOf, dirtyPaths, isCheckedOut } from './git.ts';
import { GitError } from './git-error.ts';
import { moveFiles } from './move-files.ts';
import { type GitOptions, resolveCommit } from './resolve-commit.ts';
import { askGit, assertPlainArgument, type GitCall, gitFailed, runGit } from './run-git.ts';

export type FastForward = {
  /** The repository whose branch moves. */
  readonly repository: string;
  /** Short name, such as `main`. */
  readonly branch: string;
  /** Full id of the commit where the branch must be. */
  readonly from: string;
  /** Full id of the commit where it is to go. */
  readonly to: string;
  /** The repository that has `to`. */
  readonly source: string;
  readonly signal?: AbortSignal | undefined;
};

export type FastForwardResult = {
  /** `already-there`: an earlier call did it. */
  readonly outcome: 'moved' | 'already-there';
  /** `dirty`: the branch is there, but what is checked out differs from it. */
  readonly workingTree: 'follows' | 'not-checked-out' | 'dirty';
};

/**
 * Brings a commit over from another repository and moves a branch to it, only forward and only from `from`;
 * the working tree follows when the branch is checked out, and must be clean then. Calling it again is
 * harmless. Throws GitError: `head-moved` when the branch is elsewhere (or moves meanwhile), `dirty`,
 * `not-fast-forward`, `checked-out-elsewhere`, `unknown-commit`, `unsafe-argument`.
 */
export async function fastForward(request: FastForward): Promise<FastForwardResult> {
  const { repository, branch, from, to, source, signal } = request;
  const options: GitOptions = { signal };
  const call: GitCall = { cwd: repository, signal };
  const ref = await branchRef(branch, call);
  assertFullId(from);
  assertFullId(to);
  const checkedOut = (await branchOf(repository, options)) === branch && (await hasWorkingTree(call));
  const current = await resolveCommit(repository, ref, options);
  if (current === to) {
    const clean = !checkedOut || (await dirtyPaths(repository, options)).length === 0;
    return {
      outcome: 'already-there',
      workingTree: checkedOut ? (clean ? 'follows' : 'dirty') : 'not-checked-out',
    };
  }
  if (current !== from) throw moved(branch, from, current);
  if (checkedOut) await assertClean(repository, options);
  else await assertNotCheckedOut(ref, call);

  await bringCommit({ from: source, to: repository, commit: to, without: from, signal });
  await assertDescends(from, to, call);
  if (checkedOut) await moveWithFiles(ref, request, call);
  else await moveRef(ref, request, call);
  return { outcome: 'moved', workingTree: checkedOut ? 'follows' : 'not-checked-out' };
}

/** The files, then the branch. Where the branch moves meanwhile, the files are brought back. */
async function moveWithFiles(ref: string, request: FastForward, call: GitCall): Promise<void> {
  const { from, to, branch } = request;
  await moveFiles(from, to, call).catch(async (error: unknown) => {
    const now = await askGit(['rev-parse', '--verify', ref], call);
    throw now === from ? error : moved(branch, from, now);
  });
  try {
    await moveRef(ref, request, call);
  } catch (error) {
    await moveFiles(to, from, call);
    throw error;
  }
}

async function moveRef(ref: string, { branch, from, to }: FastForward, call: GitCall): Promise<void> {
  const args = ['update-ref', '-m', 'interlock: fast-forward', ref, to, from];
  const answer = await runGit(args, call);
  if (answer.code === 0) return;
  const now = await askGit(['rev-parse', '--verify', ref], call);
  if (now === to) return;
  if (now !== from) throw moved(branch, from, now);
  throw gitFailed(args, answer);
}

async function assertDescends(from: string, to: string, call: GitCall): Promise<void> {
  const args = ['merge-base', '--is-ancestor', from, to];
  const answer = await runGit(args, call);
  if (answer.code === 1)
    throw new GitError('not-fast-forward', `expected a descendant of ${from}, got ${to}`);
  if (answer.code !== 0) throw gitFailed(args, answer);
}

async function assertClean(repo: string, options: GitOptions): Promise<void> {
  const paths = await dirtyPaths(repo, options);
  if (paths.length === 0) return;
  throw new GitError(
    'dirty',
    `expected a clean working tree in ${repo}, got changes in ${paths.slice(0, 20).join(', ')}; commit or remove them`,
    { paths },
  );
}

async function assertNotCheckedOut(ref: string, call: GitCall): Promise<void> {
  if (!(await isCheckedOut(ref, call))) return;
  if (!(await hasWorkingTree(call))) return;
  throw new GitError(
    'checked-out-elsewhere',
    `expected ${ref} to be checked out nowhere else, got a linked working tree on it`,
  );
}

async function hasWorkingTree(call: GitCall): Promise<boolean> {
  return (await askGit(['rev-parse', '--is-inside-work-tree'], call)) === 'true';
}

async function branchRef(branch: string, call: GitCall): Promise<string> {
  assertPlainArgument('a branch', branch);
  const ref = `refs/heads/${branch}`;
  const { code } = await runGit(['check-ref-format', ref], call);
  if (code !== 0)
    throw new GitError(
      'unsafe-argument',
      `expected the short name of a branch, got ${JSON.stringify(branch)}`,
    );
  return ref;
}

function assertFullId(commit: string): void {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) return;
  throw new GitError('unsafe-argument', `expected a full commit id, got ${JSON.stringify(commit)}`);
}

function moved(branch: string, expected: string, actual: string): GitError {
  return new GitError(
    'head-moved',
    `expected ${branch} at ${expected}, got ${actual}; survey the repository again`,
  );
}
