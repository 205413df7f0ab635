import { GitError } from './git-error.ts';
import { locateRepository } from './locate-repository.ts';
import { assertPlainArgument, runGit } from './run-git.ts';

export type GitOptions = { readonly signal?: AbortSignal | undefined };

/**
 * Throws GitError `not-a-repository` unless `repo` is a git repository of this process's user, or a folder in one.
 */
export async function assertRepository(repo: string, _options: GitOptions = {}): Promise<void> {
  locateRepository(repo);
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
