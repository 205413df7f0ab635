import { posix } from 'node:path';
import { absolutePath } from '../absolute-path.ts';
import { type Command, script } from '../command.ts';
import { HostError } from '../host-error.ts';

const TREE_TIMEOUT_MS = 600_000;

/** Shell functions of the scripts below. A name in use is never written over, moved onto or merged into. */
const COMMON = `
expect_free() { if [ -e "$1" ] || [ -L "$1" ]; then printf 'expected nothing at %s\\n' "$1" >&2; exit 17; fi; }
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
 * login user, and modes come from the archive less 022, whoever that user is.
 */
export function unpackTarGz(archive: string, into: string): Command {
  const body = `${COMMON}
umask 022
expect_free "$2"
mkdir "$2"
tar --extract --gzip --no-same-owner --no-same-permissions --file "$1" --directory "$2"
sync_tree "$2"
`;
  const args = [absolutePath(archive, 'archive'), absolutePath(into, 'directory to unpack into')];
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
 * Removes a staged tree, or what else Interlock laid beside the live tree; one that is already gone is no error. Throws
 * `usage` unless it stands there under another name, and exits with something else than 0 for a symlink or a mount point.
 */
export function removeStaged(staged: string, live: string): Command {
  const tree = absolutePath(staged, 'staged tree');
  if (tree === absolutePath(live, 'live path') || posix.dirname(tree) !== posix.dirname(live)) {
    throw new HostError('usage', `staged tree: expected a tree beside ${live}, got ${tree}`);
  }
  const body = `
if [ -L "$1" ]; then printf 'expected a directory at %s, got a symlink\\n' "$1" >&2; exit 1; fi
if [ ! -e "$1" ]; then exit 0; fi
if mountpoint -q "$1"; then printf 'expected a plain directory at %s, got a mount point\\n' "$1" >&2; exit 1; fi
rm -rf --one-file-system "$1"
sync "$2"
`;
  return script('mutate', `remove ${tree}`, body, [tree, posix.dirname(tree)], {
    timeoutMs: TREE_TIMEOUT_MS,
  });
}

/**
 * Removes what stands beside the live path, if it is still what was seen: `inode` is its device and inode number. What is gone
 * is no error. Exits with 1, and removes nothing, for anything else there, and for a mount point. Throws `usage` as `removeStaged`.
 */
export function removeSeen(path: string, live: string, inode: string): Command {
  const { argv } = removeStaged(path, live);
  if (!/^\d+:\d+$/.test(inode))
    throw new HostError(
      'usage',
      `inode: expected a device and an inode number, got ${JSON.stringify(inode)}`,
    );
  const body = `
if [ ! -e "$1" ] && [ ! -L "$1" ]; then exit 0; fi
got=$(stat -c %d:%i "$1")
if [ "$got" != "$2" ]; then printf 'expected what was seen at %s (%s), got another (%s)\\n' "$1" "$2" "$got" >&2; exit 1; fi
shift 2
exec "$@"
`;
  return script('mutate', `remove ${path}`, body, [absolutePath(path, 'path'), inode, ...argv], {
    timeoutMs: TREE_TIMEOUT_MS,
  });
}
