import { gitIsolation, gitSettings } from '../../artifact/git-environment.ts';
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
 * Finds the repository's parts without git, and who owns them. Root looks at a repository of somebody else as that user, or
 * not at all: what it holds was written by them.
 */
const FIND = `
repository=$1 look=$2
command -v git > /dev/null 2>&1 || { printf 'no-tool\\0'; exit 0; }
[ -e "$repository/.git" ] || { printf 'no-path\\0'; exit 0; }
refuse() { printf 'expected %s\\n' "$1" >&2; exit 1; }
directory=$repository/.git
if [ -f "$directory" ]; then
  named=$(head -c 16384 "$directory" | sed -n '1s/^gitdir: //p')
  case $named in '') refuse "gitdir: PATH in $directory, got another text" ;; /*) directory=$named ;; *) directory=$repository/$named ;; esac
fi
common=$directory
if [ -f "$directory/commondir" ]; then
  named=$(head -c 16384 "$directory/commondir" | sed -n 1p)
  case $named in /*) common=$named ;; *) common=$directory/$named ;; esac
fi
[ -f "$directory/HEAD" ] && [ -d "$common/objects" ] && [ -d "$common/refs" ] || refuse "a git repository at $repository, got none in $common"
owner=0
if [ "$(id -u)" = 0 ]; then
  for part in "$repository/.git" "$repository" "$directory" "$common" "$common/config" "$common/objects"; do
    [ -e "$part" ] || continue
    owner=$(stat -L -c %u "$part")
    [ "$owner" = 0 ] || break
  done
fi
set -- sh -euc "$look" interlock "$repository" "$directory" "$common"
[ "$owner" = 0 ] && exec "$@"
name=$(stat -L -c %U "$part")
group=$(id -g "$name" 2> /dev/null || stat -L -c %g "$part")
export TMPDIR=/tmp
cd /
as() { "$@" true > /dev/null 2>&1; }
set_ids="setpriv --reuid=$owner --regid=$group --clear-groups --inh-caps=-all --no-new-privs --"
if as $set_ids; then exec $set_ids "$@"; fi
if as runuser -u "$name" --; then exec runuser -u "$name" -- "$@"; fi
export "INTERLOCK_LOOK=$look" "INTERLOCK_REPOSITORY=$repository" "INTERLOCK_DIRECTORY=$directory" "INTERLOCK_COMMON=$common"
if su -s /bin/sh "$name" -c true > /dev/null 2>&1; then
  exec su -s /bin/sh "$name" -c 'exec sh -euc "$INTERLOCK_LOOK" interlock "$INTERLOCK_REPOSITORY" "$INTERLOCK_DIRECTORY" "$INTERLOCK_COMMON"'
fi
refuse "setpriv, runuser or su, to look at a repository of user $owner as that user and not as root, got none that works"
`;

/**
 * Git works in a view: a git directory of our own with links to objects, refs and index. So it never reads the repository's
 * configuration, which can start programs in more ways than can be switched off (see src/artifact/repository-view.ts), and
 * writes nothing there (no index refresh). A submodule counts by its commit alone: to look into it, git would start itself there.
 */
const LOOK = `
repository=$1 directory=$2 common=$3
umask 077
cd /
view=$(mktemp -d "\${TMPDIR:-/tmp}/.interlock-git.XXXXXX")
trap 'rm -rf "$view"' EXIT
trap 'exit 1' HUP INT TERM PIPE
setting() { [ -f "$common/config" ] || return 0; GIT_DIR=/nonexistent git config --file "$common/config" --no-includes --get "$1" || [ $? = 1 ]; }
refs=$(setting extensions.refstorage) format=$(setting extensions.objectformat)
modes=$(setting core.filemode) links=$(setting core.symlinks)
case $refs in ''|files) ;; *) printf 'expected refs in files, got %s\\n' "$refs" >&2; exit 1 ;; esac
{
  printf '[core]\\n\\trepositoryFormatVersion = %s\\n\\tbare = false\\n' "$([ "$format" = sha256 ] && echo 1 || echo 0)"
  if [ "$format" = sha256 ]; then printf '[extensions]\\n\\tobjectFormat = sha256\\n'; fi
  if [ "$modes" = false ]; then printf '[core]\\n\\tfileMode = false\\n'; fi
  if [ "$links" = false ]; then printf '[core]\\n\\tsymlinks = false\\n'; fi
} > "$view/config"
link() { for name in "$@"; do if [ -e "$name" ]; then ln -s "$name" "$view/"; fi; done; }
link "$common/objects" "$common/refs" "$common/packed-refs" "$common/info" "$common/shallow"
link "$directory/index" "$directory"/sharedindex.*
if [ -L "$directory/HEAD" ]; then printf 'ref: %s\\n' "$(readlink "$directory/HEAD")"; else head -c 16384 "$directory/HEAD"; fi > "$view/HEAD"
export "GIT_DIR=$view" "GIT_WORK_TREE=$repository"
cd "$repository"
git() { command git ${gitSettings.join(' ')} "$@"; }
printf 'present\\0%s\\0%s\\0' "$(git rev-parse --quiet --verify HEAD || :)" "$(git symbolic-ref --quiet --short HEAD || :)"
git status --porcelain=v1 -z --no-renames --untracked-files=all --ignore-submodules=dirty
`;

/** Head, branch and cleanliness of the git work tree whose top is `path`. */
export function gitState(path: string): Command {
  return script('observe', `git state of ${path}`, FIND, [absolutePath(path, 'repository'), LOOK], {
    env: gitIsolation,
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
