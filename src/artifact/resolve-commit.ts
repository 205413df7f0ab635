import { GitError } from './git-error.ts';
import { locateRepository } from './locate-repository.ts';
import { assertPlainArgument, runGit } from './run-git.ts';

export type GitOptions = { readonly signal?: AbortSignal | undefined };

/**
 * The full id of the commit that a name (branch, tag, id, `HEAD~2`) leads to. Throws GitError
 * `unknown-commit`, `not-a-repository`.
 */
export async function resolveCommit(repo: string, name: string, options: GitOptions = {}): Promise<string> {
  assertPlainArgument('a commit', name);
  locateRepository(repo);
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
  const answer = await runGit(args, { cwd: repo, ...options });
  if (answer.code !== 0) throw new GitError('unknown-commit', `expected a commit of ${repo}, got ${name}`);
  return answer.stdout.toString().trim();
}
