import { GitError } from './git-error.ts';
import { type GitOptions, resolveCommit } from './resolve-commit.ts';
import { askGit, assertPlainArgument, runGit } from './run-git.ts';

export type NewCommit = {
  /** Id of a tree that the repository has. */
  readonly tree: string;
  readonly message: string;
  readonly author: { readonly name: string; readonly email: string };
  /** A Date, or ISO 8601; whole seconds count, the zone is UTC. */
  readonly date: Date | string;
};

/**
 * Commits a tree onto the HEAD of `repo`, author and committer alike. The same tree, parent, message, author and date give the
 * same id on every machine. No hook runs, and no file is touched. Throws GitError `nothing-to-commit`, `unsafe-argument`,
 * `head-moved`.
 */
export async function commitTree(repo: string, commit: NewCommit & GitOptions): Promise<string> {
  const { tree, author, message, signal } = commit;
  const seconds = Math.floor(new Date(commit.date).getTime() / 1000);
  assertAuthor(author);
  assertPlainArgument('a tree', tree);
  if (message.trim() === '' || message.includes('\0'))
    throw new GitError('unsafe-argument', 'expected a commit message');
  if (!(seconds >= 0)) throw new GitError('unsafe-argument', 'expected a date from 1970 on, got another');

  const call = { cwd: repo, signal };
  const parent = await resolveCommit(repo, 'HEAD', { signal });
  if (tree === (await askGit(['rev-parse', '--verify', `${parent}^{tree}`], call))) {
    throw new GitError('nothing-to-commit', `expected changes in ${repo}, got the tree of ${parent}`);
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
    throw new GitError('head-moved', `expected HEAD of ${repo} at ${parent}, got another commit`);
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
