import { GitError } from './git-error.ts';
import { assertPlainArgument, runGit } from './run-git.ts';

export type GitOptions = { readonly signal?: AbortSignal | undefined };

/**
 * Throws GitError `not-a-repository` unless `repo` is a git repository, or a folder in one, that git trusts.
 */
export async function assertRepository(repo: string, options: GitOptions = {}): Promise<void> {
  const { code, stderr } = await runGit(['rev-parse', '--git-dir'], { cwd: repo, ...options });
  if (code === 0) return;
  // git refuses a repository of another owner in the same way; what it says is the only hint the operator
  // gets.
  throw new GitError(
    'not-a-repository',
    `expected a git repository at ${repo}: ${stderr.trim().slice(0, 500)}`,
  );
}

/**
 * The full id of the commit that a name (branch, tag, id, `HEAD~2`) leads to. Throws GitError
 * `unknown-commit`, `not-a-repository`.
 */
export async function resolveCommit(repo: string, name: string, options: GitOptions = {}): Promise<string> {
  assertPlainArgument('a commit', name);
  await assertRepository(repo, options);
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
  const answer = await runGit(args, { cwd: repo, ...options });
  if (answer.code !== 0) throw new GitError('unknown-commit', `expected a commit of ${repo}, got ${name}`);
  return answer.stdout.toString().trim();
}
