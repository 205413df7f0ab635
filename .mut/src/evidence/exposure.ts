// Whether others on this machine could read or replace what holds a secret. Pure.

/** What fstat(2) says. */
export interface Ownership {
  /** With or without the bits of the file's type. */
  readonly mode: number;
  readonly uid: number;
}

/** This process's user id; undefined on a system that has none. */
export type OwnUid = number | undefined;

/**
 * Why a secret file is not for its owner alone, or null: "EXPECTED, got GOT". Root may own it too: it can read everything.
 */
export function findExposure({ mode, uid }: Ownership, own: OwnUid): string | null {
  if (own !== undefined && uid !== own && uid !== 0)
    return `a file that belongs to user ${own}, got one of user ${uid}`;
  if ((mode & 0o077) !== 0)
    return `a file that its owner alone can read (mode 0600), got mode ${octal(mode)}`;
  return null;
}

/** Why others can put files of their own into a directory of secrets, or null. */
export function findDirectoryExposure({ mode, uid }: Ownership, own: OwnUid): string | null {
  if (own !== undefined && uid !== own && uid !== 0)
    return `a directory that belongs to user ${own}, got one of user ${uid}`;
  if ((mode & 0o022) !== 0)
    return `a directory that its owner alone can write to (mode 0700), got mode ${octal(mode)}`;
  return null;
}

function octal(mode: number): string {
  return `0${(mode & 0o777).toString(8)}`;
}
