import { posix } from 'node:path';
import { absolutePath } from '../absolute-path.ts';
import { type Command, script } from '../command.ts';
import type { CommandResult } from '../host.ts';
import { unreadable } from '../run-ok.ts';
import { readFields, readNumber } from './read-fields.ts';

/** What is at a path, without following a symlink there. */
export type PathFacts =
  | { readonly path: string; readonly kind: 'absent' }
  | {
      readonly path: string;
      readonly kind: 'directory' | 'file' | 'symlink' | 'other';
      /** Whether a filesystem is mounted there: it could not be renamed or exchanged (EBUSY). */
      readonly mountPoint: boolean;
      /** The filesystem's device number. Paths on different devices cannot be exchanged (EXDEV). */
      readonly device: number;
      readonly uid: number;
      readonly gid: number;
      readonly mode: number;
      /** Inode number and time of birth: a number alone is given again as soon as its owner is gone. */
      readonly inode: string;
    };

/** Prints eight fields a path of its parameters. */
export const LOOK = `
for path in "$@"; do
  if [ ! -e "$path" ] && [ ! -L "$path" ]; then printf '%s\\0absent\\0\\0\\0\\0\\0\\0\\0' "$path"; continue; fi
  if [ -L "$path" ]; then kind=symlink; elif [ -d "$path" ]; then kind=directory; elif [ -f "$path" ]; then kind=file
  else kind=other; fi
  mount=no
  if [ "$kind" != symlink ] && mountpoint -q "$path"; then mount=yes; fi
  printf '%s\\0%s\\0%s\\0' "$path" "$kind" "$mount"
  stat --printf='%d\\0%u\\0%g\\0%a\\0%i.%.9W\\0' "$path"
done
`;

/** Kind, mount point, device and owner of each path. */
export function pathFacts(paths: readonly string[]): Command {
  const checked = paths.map((path) => absolutePath(path, 'path'));
  return script('observe', `look at ${checked.join(', ')}`, LOOK, checked, {
    env: { LC_ALL: 'C' },
    timeoutMs: 20_000,
  });
}

export function parsePathFacts(result: CommandResult): PathFacts[] {
  return readFields(result, 8).map((fields) => readPathFacts(result, fields));
}

/** From the eight fields of one path. */
export function readPathFacts(result: CommandResult, fields: readonly string[]): PathFacts {
  const [path = '', kind, mount, device, uid, gid, mode = '', inode] = fields;
  if (kind === 'absent') return { path, kind };
  if (kind !== 'directory' && kind !== 'file' && kind !== 'symlink' && kind !== 'other') {
    throw unreadable(result, 'a kind of file', JSON.stringify(kind));
  }
  return {
    path,
    kind,
    mountPoint: mount === 'yes',
    device: readNumber(result, device),
    uid: readNumber(result, uid),
    gid: readNumber(result, gid),
    mode: Number.parseInt(mode, 8),
    inode: readInode(result, inode),
  };
}

/** Such as 5562373.1796069162.457243096; the time is 0 where the file system keeps none. */
function readInode(result: CommandResult, text: string | undefined): string {
  if (text !== undefined && /^\d+\.-?\d+(\.\d+)?$/.test(text)) return text;
  throw unreadable(result, 'an inode number and a time of birth', JSON.stringify(text));
}

/** Which directory or file it is, by device, inode number and time of birth: the same under every name. Null for nothing. */
export function identityOf(facts: PathFacts | undefined): string | null {
  return facts === undefined || facts.kind === 'absent' ? null : `${facts.device}:${facts.inode}`;
}

/** The paths to look at before a live tree may be exchanged: itself and its parent. */
export function exchangePaths(live: string): string[] {
  return [absolutePath(live, 'live path'), posix.dirname(live)];
}

/** Why the live tree could not be exchanged; empty when nothing speaks against it. Pure. */
export function exchangeObstacles(facts: readonly PathFacts[]): string[] {
  const [live, parent] = facts;
  if (live === undefined || parent === undefined)
    return ['expected facts on the live path and its parent, got fewer'];
  if (live.kind === 'absent') return [`${live.path}: expected a plain directory, got nothing`];
  if (live.kind !== 'directory') return [`${live.path}: expected a plain directory, got a ${live.kind}`];
  if (live.mountPoint)
    return [`${live.path}: expected a plain directory, got a mount point, which cannot be exchanged`];
  if (parent.kind !== 'directory')
    return [`${parent.path}: expected a plain directory, got a ${parent.kind}`];
  if (live.device !== parent.device) return [`${live.path}: expected its parent's filesystem, got another`];
  return [];
}

/** Why a first tree could not become live there; empty when nothing speaks against it. Pure. */
export function placingObstacles(facts: readonly PathFacts[]): string[] {
  const [live, parent] = facts;
  if (live === undefined || parent === undefined)
    return ['expected facts on the live path and its parent, got fewer'];
  if (live.kind !== 'absent') return [`${live.path}: expected nothing, got a ${live.kind}`];
  if (parent.kind === 'absent') return [`${parent.path}: expected a plain directory, got nothing; make it`];
  return parent.kind === 'directory'
    ? []
    : [`${parent.path}: expected a plain directory, got a ${parent.kind}`];
}
