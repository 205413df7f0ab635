import { posix } from 'node:path';
import { absolutePath } from '../absolute-path.ts';
import { type Command, script } from '../command.ts';
import { HostError } from '../host-error.ts';
import { partOf } from '../part-of.ts';

const TREE_TIMEOUT_MS = 600_000;

/** Shell functions of the scripts below. A name in use is never written over, moved onto or merged into. */
const COMMON = `
expect_free() { if [ -e "$1" ] || [ -L "$1" ]; then printf 'expected nothing at %s\\n' "$1" >&2; exit 17; fi; }
expect_no_link() {
  if [ -L "$1" ]; then printf 'expected a directory at %s, got a symlink\\n' "$1" >&2; exit 1; fi
}
sync_tree() { find "$1" \\( -type f -o -type d \\) -exec sync {} +; sync "$(dirname "$1")"; }
`;

/** Makes a directory with its parents, for its owner alone. */
export function makeDirectory(path: string): Command {
  const directory = absolutePath(path, 'directory');
  return script('mutate', `make directory ${directory}`, 'umask 077; mkdir -p "$1"', [directory], {
    timeoutMs: 20_000,
  });
}

/**
 * Unpacks a tar.gz into a directory that must not exist yet, and flushes all of it to the disk. Files belong to the
 * login user, and modes come from the archive less 022, whoever that user is. The directory has its name only when it is
 * whole: what fails leaves neither a half tree nor the archive, also when the connection is lost meanwhile.
 */
export function unpackTarGz(archive: string, into: string): Command {
  const body = `${COMMON}
umask 022
expect_free "$2"
expect_no_link "$3"
rm -rf --one-file-system "$3"
trap 'rm -rf --one-file-system "$3"; rm -f "$1"' EXIT
trap 'exit 1' HUP INT PIPE TERM
mkdir "$3"
tar --extract --gzip --no-same-owner --no-same-permissions --file "$1" --directory "$3"
sync_tree "$3"
expect_free "$2"
mv -T "$3" "$2"
sync "$(dirname "$2")"
`;
  const to = absolutePath(into, 'directory to unpack into');
  const args = [absolutePath(archive, 'archive'), to, partOf(to)];
  return script('mutate', `unpack ${archive} into ${into}`, body, args, { timeoutMs: TREE_TIMEOUT_MS });
}

/** Copies a tree with its modes, times and symlinks to a path that must be free, and flushes it to the disk. */
export function copyTree(from: string, to: string): Command {
  const body = `${COMMON}
expect_free "$2"
cp --archive --reflink=auto --no-target-directory "$1" "$2"
sync_tree "$2"
`;
  const args = [absolutePath(from, 'tree to copy'), absolutePath(to, 'copy')];
  return script('mutate', `copy ${from} to ${to}`, body, args, { timeoutMs: TREE_TIMEOUT_MS });
}

/**
 * Renames a tree to its backup name in the same directory, in one step. Exits with 17 when that name is taken.
 * Throws `usage` for a name elsewhere: mv would then copy, which is neither atomic nor complete when it fails.
 */
export function renameToBackup(tree: string, backup: string): Command {
  const parent = posix.dirname(absolutePath(backup, 'backup'));
  if (posix.dirname(absolutePath(tree, 'tree')) !== parent) {
    throw new HostError('usage', `backup: expected a name beside ${tree}, got ${backup}`);
  }
  const body = `${COMMON}
expect_free "$2"
mv -T "$1" "$2"
sync "$3"
`;
  return script('mutate', `rename ${tree} to ${backup}`, body, [tree, backup, parent], { timeoutMs: 60_000 });
}

/**
 * Removes a staged tree, or what else Interlock laid beside the live tree, and what of it was never whole; what is already gone
 * is no error. A tree loses its name first, so that none is ever half there. Throws `usage` unless it stands there under another
 * name, and exits with something else than 0 for a symlink or a mount point.
 */
export function removeStaged(staged: string | readonly string[], live: string): Command {
  const trees = [staged].flat().map((path) => {
    const tree = absolutePath(path, 'staged tree');
    if (tree === absolutePath(live, 'live path') || posix.dirname(tree) !== posix.dirname(live))
      throw new HostError('usage', `staged tree: expected a tree beside ${live}, got ${tree}`);
    return tree;
  });
  const body = `${COMMON}
expect_no_mount() {
  if mountpoint -q "$1"; then printf 'expected a plain directory at %s, got a mount point\\n' "$1" >&2; exit 1; fi
}
dir=$1
shift
while [ $# -ge 2 ]; do
  for path in "$1" "$2"; do
    expect_no_link "$path"
    if [ -e "$path" ]; then expect_no_mount "$path"; fi
  done
  rm -rf --one-file-system "$2"
  if [ -e "$1" ]; then
    mv -T "$1" "$2"
    sync "$dir"
    rm -rf --one-file-system "$2"
  fi
  shift 2
done
sync "$dir"
`;
  const args = [posix.dirname(live), ...trees.flatMap((tree) => [tree, partOf(tree)])];
  return script('mutate', `remove ${trees.join(', ')}`, body, args, { timeoutMs: TREE_TIMEOUT_MS });
}

/**
 * Removes what stands beside the live path, if it is still what was seen: `inode` is its device, inode number and time of birth. What is gone
 * is no error. Exits with 1, and removes nothing, for anything else there, and for a mount point. Throws `usage` as `removeStaged`.
 */
export function removeSeen(path: string, live: string, inode: string): Command {
  const { argv } = removeStaged(path, live);
  if (!/^\d+:\d+\.-?\d+(\.\d+)?$/.test(inode))
    throw new HostError(
      'usage',
      `inode: expected device, inode number and time of birth, got ${JSON.stringify(inode)}`,
    );
  const body = `
if [ ! -e "$1" ] && [ ! -L "$1" ]; then exit 0; fi
got=$(stat -c %d:%i.%.9W "$1")
if [ "$got" != "$2" ]; then printf 'expected what was seen at %s (%s), got another (%s)\\n' "$1" "$2" "$got" >&2; exit 1; fi
shift 2
exec "$@"
`;
  return script('mutate', `remove ${path}`, body, [absolutePath(path, 'path'), inode, ...argv], {
    env: { LC_ALL: 'C' },
    timeoutMs: TREE_TIMEOUT_MS,
  });
}
