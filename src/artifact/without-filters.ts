import { type GitCall, gitFailed, runGit } from './run-git.ts';

/**
 * The call with every filter driver of the repository switched off: git would start its program over each file that has
 * changed, and bytes would not be what they are. There is no switch for all, so each is named; the names come from the
 * repository, so they go through the environment, where no "=" in a name can move the value. Throws GitError as `runGit`.
 */
export async function withoutFilters(call: GitCall): Promise<GitCall> {
  const pattern = '^filter\\..*\\.(clean|smudge|process|required)$';
  const args = ['config', '--includes', '--name-only', '-z', '--get-regexp', pattern];
  const answer = await runGit(args, { ...call, input: '' });
  // 1: none of that name.
  if (answer.code > 1) throw gitFailed(args, answer);
  const names = answer.stdout.toString().split('\0').slice(0, -1);
  const pairs = names.flatMap((name, index) => [
    [`GIT_CONFIG_KEY_${index}`, name],
    [`GIT_CONFIG_VALUE_${index}`, ''],
  ]);
  return {
    ...call,
    env: { ...call.env, ...Object.fromEntries(pairs), GIT_CONFIG_COUNT: String(names.length) },
  };
}
