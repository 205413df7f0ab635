// The rules for what is no candidate and no archive: copies and parts, old trees, scratch directories, half removed ones. Pure.
import { type FoundBeside, keep, may, type Said, type Scene, unknown } from './leftover-scene.ts';
import { namesBefore } from './names-beside.ts';
import { chooseOldTrees } from './old-trees.ts';
import { isScratch } from './scratch-trees.ts';

/** Of a removal that has begun, and that is of this very directory. */
export function isHalf({ journal: { removing }, oldTrees }: Scene, { path, inode }: FoundBeside): boolean {
  if (inode !== null && namesBefore(path).some((name) => removing.get(name)?.inode === inode)) return true;
  // Lines of earlier versions name no directory; they were of old trees alone, whose names are used once.
  return removing.get(path)?.inode === null && oldTrees.some((each) => each.path === path && each.begun);
}

/** What is made by copying or unpacking alone, and that no exchange ever takes. */
export function judgeCopy(scene: Scene, found: FoundBeside, what: 'part' | 'rehearsal', says: string): Said {
  const { known, journal, found: all } = scene;
  if (journal.moved.has(found.path))
    return unknown(scene, found, 'the host’s journal says that a tree was moved to or from this name');
  if (found.inode !== null && journal.takenOut.has(found.inode))
    return unknown(scene, found, 'the host’s journal says that this directory was live');
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

/**
 * Backups, and trees that were taken out of service: the rules by which a deploy removes them. `candidates` are what the run
 * in the name has staged: its own way back writes no digest of what it takes out.
 */
export function judgeOld(
  scene: Scene,
  found: FoundBeside,
  kind: 'backup' | 'bad',
  candidates: readonly (string | null)[],
): Said {
  const { oldTrees, known, keepBackups: count, keepBackupDays: days, now } = scene;
  const what = kind === 'backup' ? 'backup' : 'taken out';
  const tookOut = 'what was rolled back from, for people to look at';
  const isCandidate = found.tree !== null && candidates.includes(found.tree);
  const entry = oldTrees.find(({ path }) => path === found.path);
  if (!entry)
    return unknown(scene, found, 'the host’s journal does not say that a promote or a rollback has left it');
  const fits = entry.digest === found.tree || (entry.digest === null && kind === 'bad' && isCandidate);
  if (found.tree === null || !fits)
    return isCandidate
      ? keep('taken out', tookOut, 'the rollback that took it out has not given it its own name')
      : unknown(
          scene,
          found,
          `expected ${entry.digest ?? 'a digest'}, as the host’s journal has it, got ${found.tree ?? 'none'}`,
        );
  const says = kind === 'backup' ? 'what a promote replaced' : tookOut;
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

export function judgeScratch(scene: Scene, found: FoundBeside): Said {
  const says = 'scratch directories of a trial';
  if (!isScratch(found.tree) && !isHalf(scene, found))
    return unknown(scene, found, 'it holds more than a trial puts there');
  const [open] = scene.known.neighbours;
  return open
    ? keep('scratch', says, `run ${open} is open in the same directory, and it may be its own`)
    : may('scratch', says, 'it holds no tree, and no run is open in this directory');
}
