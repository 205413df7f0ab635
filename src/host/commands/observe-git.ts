import { absolutePath } from '../absolute-path.ts';
import { type Command, script } from '../command.ts';
import type { CommandResult } from '../host.ts';
import { unreadable, wholeStdout } from '../run-ok.ts';
import { absence, type Observed } from './observed.ts';
import { splitFields } from './read-fields.ts';

export type GitState = {
  /** Commit id; undefined before the first commit. */
  readonly head: string | undefined;
  /** undefined when the head is detached. */
  readonly branch: string | undefined;
  readonly clean: boolean;
  /** What is not as committed, as `git status --porcelain` words it: two letters, a space, the path. */
  readonly changes: readonly string[];
};

/**
 * git writes nothing here (no index refresh) and starts nothing. The repository is only looked at, and may belong to somebody
 * else: what its own configuration would run as a file watcher, or as a filter over a file that has changed, would run as
 * our user. The filters are switched off one by one, since there is no switch for all; their names come from the
 * repository, so they go through the environment, where no "=" in a name can move the value. A submodule counts by its
 * commit alone: to look into it, git would start itself there, with the filters that are configured there.
 */
const LOOK = `
command -v git > /dev/null 2>&1 || { printf 'no-tool\\0'; exit 0; }
[ -e "$1/.git" ] || { printf 'no-path\\0'; exit 0; }
git() { command git -c safe.directory='*' -c core.fsmonitor=false --no-optional-locks -C "$repository" "$@"; }
repository=$1
count=0
filters=$(git config --includes --name-only --get-regexp '^filter\\..*\\.(clean|smudge|process|required)$' || :)
IFS='
'
set -f
for name in $filters; do
  export "GIT_CONFIG_KEY_$count=$name" "GIT_CONFIG_VALUE_$count="
  count=$((count + 1))
done
export GIT_CONFIG_COUNT=$count
printf 'present\\0%s\\0%s\\0' "$(git rev-parse --quiet --verify HEAD || :)" "$(git symbolic-ref --quiet --short HEAD || :)"
git status --porcelain=v1 -z --no-renames --untracked-files=all --ignore-submodules=dirty
`;

/** Head, branch and cleanliness of the git work tree whose top is `path`. */
export function gitState(path: string): Command {
  return script('observe', `git state of ${path}`, LOOK, [absolutePath(path, 'repository')], {
    env: { LC_ALL: 'C' },
    timeoutMs: 60_000,
  });
}

export function parseGitState(result: CommandResult): Observed<GitState> {
  const [state, head, branch, ...changes] = splitFields(result, wholeStdout(result));
  const absent = absence(state);
  if (absent) return absent;
  if (state !== 'present' || head === undefined || branch === undefined) {
    throw unreadable(result, 'the state of a repository', JSON.stringify(result.stdout.slice(0, 200)));
  }
  return {
    state: 'present',
    value: { head: head || undefined, branch: branch || undefined, clean: changes.length === 0, changes },
  };
}
