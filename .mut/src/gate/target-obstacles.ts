// What speaks against changing a live path, by what G0 has seen of its host: nothing is to be found out at G5 that could have been
// seen before the branch moved. Each list is empty when nothing does. Pure.
import { posix } from 'node:path';
import type { HostReadiness, TargetReadiness } from '../host/commands/observe-readiness.ts';
import { readableBytes, readableCount } from './size-words.ts';

/** By the kernel's own sources: their rename takes no flags, so nothing can be exchanged there. */
const neverExchanges = ['nfs', 'cifs', 'smb', 'smb2', 'v9fs', 'ceph', 'afs', 'exfat'];
/** Of a file's mode (inode(7)): in such a directory only its owner may rename what somebody else owns. */
const sticky = 0o1000;

/** Of the directory in which the live path lies, for a login of this number. */
export function parentObstacles(seen: TargetReadiness, uid: number): string[] {
  const { live, parent, parentWritable, parentFlags, lockedOut } = seen;
  if (parent.kind !== 'directory')
    return [
      `${parent.path}: expected a plain directory, got ${parent.kind === 'absent' ? 'nothing; make it' : `a ${parent.kind}`}`,
    ];
  const isKept =
    (parent.mode & sticky) !== 0 &&
    uid !== 0 &&
    parent.uid !== uid &&
    live.kind !== 'absent' &&
    live.uid !== uid;
  return [
    ...(parentWritable
      ? []
      : [
          `${parent.path}: expected that the login may write there, got no permission; let it, or mount the file system writable`,
        ]),
    ...flagged(parent.path, parentFlags),
    ...(isKept
      ? [
          `${parent.path}: expected that the login may rename ${live.path} there, got a sticky directory, in which only the owner may; make the login own the tree`,
        ]
      : []),
    ...lockedOut.map(
      (path) =>
        `${path}: expected that the login may write to it, as Interlock keeps its own files there, got no permission; let it`,
    ),
  ];
}

/** Of the live path itself, beside what the plan says of it. */
export function flagObstacles({ live, liveFlags }: TargetReadiness): string[] {
  return flagged(live.path, liveFlags);
}

/** chattr(1): neither an immutable nor an append-only directory can be renamed, nor can anything be renamed in it. */
function flagged(path: string, flags: string): string[] {
  const found = ['i', 'a'].filter((letter) => flags.includes(letter));
  return found.length === 0
    ? []
    : [
        `${path}: expected a directory that can be renamed, got the attribute ${found.join(' and ')}; take it off with chattr -${found.join('')}`,
      ];
}

/** Of what lies in the live tree. */
export function treeObstacles({ live, unreadable, special, notText }: TargetReadiness): string[] {
  const name = (what: string, names: readonly string[], next: string) => {
    const [first] = names;
    if (first === undefined) return [];
    const more =
      names.length > 1 ? ` and ${names.length - 1}${names.length >= 20 ? ' or more' : ''} others` : '';
    return [`${posix.join(live.path, first)}${more}: ${what}; ${next}`];
  };
  return [
    ...name(
      'expected that the login may read it, got no permission',
      unreadable,
      'let it, or remove what is no part of the tree',
    ),
    ...name(
      'expected files, directories and symlinks, got a device, socket or pipe',
      special,
      'remove it, or let the service keep it elsewhere',
    ),
    ...name('expected a name, or target of a symlink, in UTF-8, got other bytes', notText, 'rename it'),
  ];
}

export interface Size {
  readonly bytes: number;
  readonly files: number;
}

export interface Room {
  readonly holds: boolean;
  readonly expected: string;
  readonly actual: string;
}

/**
 * Whether there is room for archive, staged tree and the two copies of the rehearsal. `candidate` is about what will be staged:
 * what `stage` will demand of it for certain, and a copy of what is live.
 */
export function judgeRoom({ disk, treeBytes, treeNames }: TargetReadiness, candidate: Size): Room {
  const needed = {
    bytes: Math.max(6 * candidate.bytes, 3 * candidate.bytes + treeBytes),
    names: Math.max(8 * candidate.files, 3 * candidate.files + treeNames),
  };
  const counts = disk.totalInodes > 0;
  const room = (bytes: number, names: number) =>
    `${readableBytes(bytes)}${counts ? ` and ${readableCount(names)} inodes` : ''} free`;
  return {
    holds: disk.freeBytes > needed.bytes && (!counts || disk.freeInodes > needed.names),
    expected: `more than ${room(needed.bytes, needed.names)}, for archive, staged tree and rehearsal`,
    actual: `${room(disk.freeBytes, disk.freeInodes)}`,
  };
}

/** Of the exchange, as far as it shows without one: `stage` tries it on scratch directories. */
export function wayObstacles(
  { ways }: Pick<HostReadiness, 'ways'>,
  { parent, fileSystem }: TargetReadiness,
): string[] {
  const tried = ways
    .map(({ way, outcome, why }) => `${way}: ${outcome}${why === '' ? '' : ` (${why})`}`)
    .join('; ');
  return [
    ...(ways.some(({ outcome }) => outcome === 'works')
      ? []
      : [
          `expected a program that can exchange two directories, got none: ${tried}. Install coreutils 9.5, util-linux 2.40, python3 or perl`,
        ]),
    ...(neverExchanges.includes(fileSystem)
      ? [
          `${parent.path}: expected a file system that can exchange two directories, got ${fileSystem}; put the tree on another one`,
        ]
      : []),
  ];
}
