// What a tidy holds against each other, and the words for what it finds. Pure.
import type { Leftover } from '../run/facts-of-tidy.ts';
import type { KnownPlace } from '../run/known-place.ts';
import type { JournalOfTrees } from './journal-of-trees.ts';
import type { NameBeside } from './names-beside.ts';
import type { OldTree } from './old-trees.ts';

/** What stands at one name, not followed. */
export interface FoundBeside {
  readonly path: string;
  readonly kind: 'directory' | 'file' | 'symlink' | 'other' | 'not looked at';
  readonly mountPoint: boolean;
  /** Tree digest of a directory; null for one with devices, sockets or pipes in it, and for all else. */
  readonly tree: string | null;
  /** Hex; of a file. */
  readonly sha256: string | null;
  /** Device and inode number. */
  readonly inode: string | null;
}

export interface Scene {
  readonly known: KnownPlace;
  readonly journal: JournalOfTrees;
  readonly oldTrees: readonly OldTree[];
  readonly live: { readonly tree: string | null; readonly known: boolean; readonly says: string };
  readonly found: readonly FoundBeside[];
  readonly keepBackups: number;
  readonly keepBackupDays: number | undefined;
  readonly now: Date;
}

export type Said = Pick<Leftover, 'what' | 'says' | 'kept' | 'why'> & { readonly next?: string };

export function keep(what: Leftover['what'], says: string, why: string): Said {
  return { what, says, kept: true, why };
}

export function may(what: Leftover['what'], says: string, why: string): Said {
  return { what, says, kept: false, why };
}

/** `journal` may still know the directory, whatever was written into it. */
export function unknown({ journal }: Pick<Scene, 'journal'>, { inode }: FoundBeside, why: string): Said {
  const run = inode === null ? undefined : journal.takenOut.get(inode);
  return run === undefined
    ? keep('not known', 'nobody can say what it is', why)
    : keep('not known', `the directory that the exchange of run ${run} took out of service`, why);
}

/** What its name says that it would be. */
export function namedAs({ kind, part }: NameBeside): Leftover['what'] {
  if (part) return 'part';
  return (
    {
      staged: 'candidate',
      archive: 'archive',
      backup: 'backup',
      bad: 'taken out',
      rehearsal: 'rehearsal',
      scratch: 'scratch',
    } as const
  )[kind];
}

export function wordsOf({ kind, part, run }: NameBeside): string {
  if (part) return `a part of what run ${run} was bringing or removing`;
  return {
    staged: `the candidate that run ${run} has staged`,
    archive: `the artifact of run ${run}, as it was uploaded`,
    backup: `what run ${run} replaced`,
    bad: `what run ${run} had made live, for people to look at`,
    rehearsal: `a copy on which run ${run} rehearsed the way back`,
    scratch: 'scratch directories of a trial',
  }[kind];
}
