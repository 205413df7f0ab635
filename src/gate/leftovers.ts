// What each thing beside a live path is, and whether it is provably no way back: by its content, by the host's own journal and
// by the ledger, never by its name alone. In doubt it is kept. Pure.
import type { Leftover } from '../run/facts-of-tidy.ts';
import type { KnownPlace } from '../run/known-place.ts';
import type { JournalOfTrees } from './journal-of-trees.ts';
import { type NameBeside, namesBefore, readNameBeside } from './names-beside.ts';
import { chooseOldTrees, type OldTree } from './old-trees.ts';
import { isScratch } from './scratch-trees.ts';

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

type Said = Pick<Leftover, 'what' | 'says' | 'kept' | 'why'> & { readonly next?: string };

/** One for each thing that was found, in the order of the paths. */
export function judgeLeftovers(scene: Scene): Leftover[] {
  const judged = scene.found.map((found) => {
    const name = readNameBeside(found.path, scene.known.livePath);
    const { next = null, ...said } = name ? judge(scene, found, name) : notOurs;
    return { path: found.path, tree: found.tree, run: name?.run ?? null, next, ...said };
  });
  // Whoever removes a tree removes what of it is half there, too.
  const keptParts = new Set(judged.filter(({ kept }) => kept).map(({ path }) => path));
  return judged.map((each) => {
    const part = `${each.path}.part`;
    return !each.kept && keptParts.has(part)
      ? { ...each, kept: true, why: `${part} beside it is kept, and would go with it` }
      : each;
  });
}

const notOurs: Said = {
  what: 'not ours',
  says: 'nothing that Interlock has laid there, by its name',
  kept: true,
  why: 'its name is none that Interlock gives beside this live path',
};

function judge(scene: Scene, found: FoundBeside, name: NameBeside): Said {
  const what = describe(scene, found, name);
  if (what.kept || scene.live.known) return what;
  return { ...what, kept: true, why: scene.live.says };
}

function describe(scene: Scene, found: FoundBeside, name: NameBeside): Said {
  const { known } = scene;
  const mayBeFile = name.kind === 'archive';
  if (found.mountPoint || (found.kind !== 'directory' && !(mayBeFile && found.kind === 'file')))
    return unknown(
      `expected a plain ${mayBeFile ? 'file' : 'directory'} there, got a ${found.mountPoint ? 'mount point' : found.kind}`,
    );
  if (name.kind === 'scratch') return judgeScratch(scene, found);
  const of = known.runs.filter(({ run }) => run === name.run);
  const guarded = guardedAs(scene, found, name);
  if (guarded) return guarded;
  if (of.length === 0) return unknown(`the ledger knows no run ${name.run} that met this live path`);
  if (of.some(({ ended }) => !ended))
    return { ...unknown(`run ${name.run} has not ended`), what: plain(name), says: words(name) };
  if (isHalfRemoved(scene, found))
    return may(
      'part',
      'what is left of a tree whose removal has begun',
      'its removal was decided, and was cut off',
    );
  if (name.part) return judgeCopy(scene, found, 'part', words(name));
  switch (name.kind) {
    case 'rehearsal':
      return judgeCopy(scene, found, 'rehearsal', words(name));
    case 'archive':
      return of.some(({ artifact }) => artifact !== null && artifact === found.sha256)
        ? may(
            'archive',
            words(name),
            `run ${name.run} has ended, and its artifact is in the evidence by its digest`,
          )
        : unknown(`it is not the artifact that run ${name.run} has uploaded`);
    case 'staged':
      return of.some(({ candidate }) => candidate !== null && candidate === found.tree)
        ? may('candidate', words(name), `run ${name.run} has ended, and no rollback brings this tree back`)
        : unknown(`it is not the tree that run ${name.run} has staged; it may be one that was live`);
    default:
      return judgeOld(scene, found, name.kind);
  }
}

/** A tree that a rollback may bring back, where it lies or because there is no other copy of it. */
function guardedAs({ known, found: all }: Scene, found: FoundBeside, name: NameBeside): Said | null {
  const { tree, path } = found;
  const same = known.ways.filter(({ digest }) => tree !== null && digest === tree);
  const anchor = known.anchor !== null && known.anchor.digest === tree ? known.anchor : null;
  const isBackup = name.kind === 'backup' && !name.part;
  if (isBackup && anchor?.path === path)
    return keep(
      'way back',
      `what was live before run ${anchor.ofRun}`,
      'a rollback from what is live brings it back',
    );
  const of = anchor ?? same.find((each) => each.path === path) ?? same[0];
  const elsewhere = same.some(
    (each) => each.path !== path && all.some((other) => other.path === each.path && other.tree === tree),
  );
  // Of older backups so many are kept as the plan says; a tree under any other name is not one of them.
  if (!of || elsewhere || (isBackup && !anchor)) return null;
  return {
    ...keep(
      'only copy',
      `the only copy of what was live before run ${of.ofRun}`,
      of.path === path ? 'it is the way back' : `${of.path}, where it belongs, does not hold it`,
    ),
    next: `/rollback ${of.ofRun}`,
  };
}

/** Of a removal that has begun, and that is of this very directory. */
function isHalf({ removing }: JournalOfTrees, { path, inode }: FoundBeside): boolean {
  return inode !== null && namesBefore(path).some((name) => removing.get(name)?.inode === inode);
}

function isHalfRemoved({ journal, oldTrees }: Scene, found: FoundBeside): boolean {
  // Lines of earlier versions name no directory; they were of old trees alone, whose names are used once.
  const isOld = oldTrees.some(({ path, begun }) => path === found.path && begun);
  return isHalf(journal, found) || (isOld && journal.removing.get(found.path)?.inode === null);
}

/** What is made by copying or unpacking alone, and that no exchange ever takes. */
function judgeCopy(scene: Scene, found: FoundBeside, what: 'part' | 'rehearsal', says: string): Said {
  const { known, journal, found: all } = scene;
  if (journal.moved.has(found.path))
    return unknown('the host’s journal says that a tree was moved to or from this name');
  const missing = known.ways.find(
    ({ path, digest }) => !all.some((each) => each.path === path && each.tree === digest),
  );
  return missing
    ? keep(
        what,
        says,
        `${missing.path} does not hold what was live before run ${missing.ofRun}, so nothing here is given up`,
      )
    : may(what, says, 'its run has ended, and every way back lies whole where it belongs');
}

/** Backups, and trees that were taken out of service: the rules by which a deploy removes them. */
function judgeOld(scene: Scene, found: FoundBeside, kind: 'backup' | 'bad'): Said {
  const { oldTrees, known, keepBackups: count, keepBackupDays: days, now } = scene;
  const what = kind === 'backup' ? 'backup' : 'taken out';
  const entry = oldTrees.find(({ path }) => path === found.path);
  if (!entry) return unknown('the host’s journal does not say that a promote or a rollback has left it');
  const says =
    kind === 'backup' ? 'what a promote replaced' : 'what was rolled back from, for people to look at';
  if (entry.digest === null || entry.digest !== found.tree)
    return unknown(
      `expected ${entry.digest ?? 'a digest'}, as the host’s journal has it, got ${found.tree ?? 'none'}`,
    );
  const anchor = known.anchor?.path ?? null;
  const chosen = chooseOldTrees(oldTrees, { count, days, anchor, now }).find(
    ({ path }) => path === found.path,
  );
  return chosen
    ? may(what, says, chosen.why)
    : keep(
        what,
        says,
        `the newest is kept, and ${count} of its kind are (keepBackups${days === undefined ? '' : ', keepBackupDays'})`,
      );
}

function judgeScratch({ known, journal }: Scene, found: FoundBeside): Said {
  const says = 'scratch directories of a trial';
  if (!isScratch(found.tree) && !isHalf(journal, found))
    return unknown('it holds more than a trial puts there');
  const [open] = known.neighbours;
  return open
    ? keep('scratch', says, `run ${open} is open in the same directory, and it may be its own`)
    : may('scratch', says, 'it holds no tree, and no run is open in this directory');
}

function plain({ kind, part }: NameBeside): Leftover['what'] {
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

function words({ kind, part, run }: NameBeside): string {
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

function unknown(why: string): Said {
  return keep('not known', 'nobody can say what it is', why);
}

function keep(what: Leftover['what'], says: string, why: string): Said {
  return { what, says, kept: true, why };
}

function may(what: Leftover['what'], says: string, why: string): Said {
  return { what, says, kept: false, why };
}
