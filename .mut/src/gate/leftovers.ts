// What each thing beside a live path is, and whether it is provably no way back: by its content, by the host's own journal and
// by the ledger, never by its name alone. In doubt it is kept. Pure.
import type { Leftover } from '../run/facts-of-tidy.ts';
import { isHalf, judgeCopy, judgeOld, judgeScratch } from './leftover-kinds.ts';
import {
  type FoundBeside,
  keep,
  may,
  namedAs,
  type Said,
  type Scene,
  unknown,
  wordsOf,
} from './leftover-scene.ts';
import { type NameBeside, readNameBeside } from './names-beside.ts';

/** One for each thing that was found, in the order of the paths. */
export function judgeLeftovers(scene: Scene): Leftover[] {
  const judged = scene.found.map((found): Leftover => {
    const name = readNameBeside(found.path, scene.known.livePath);
    const { next = null, ...said } = name ? judge(scene, found, name) : notOurs;
    return { path: found.path, tree: found.tree, run: name?.run ?? null, next, ...said };
  });
  return keepLastCopies(scene, withKeptParts(judged));
}

const notOurs: Said = {
  what: 'not ours',
  says: 'nothing that Interlock has laid there, by its name',
  kept: true,
  why: 'its name is none that Interlock gives beside this live path',
};

function judge(scene: Scene, found: FoundBeside, name: NameBeside): Said {
  const said = describe(scene, found, name);
  return said.kept || scene.live.known ? said : { ...said, kept: true, why: scene.live.says };
}

function describe(scene: Scene, found: FoundBeside, name: NameBeside): Said {
  const { kind, run, part } = name;
  const wanted = kind === 'archive' ? 'file' : 'directory';
  if (found.mountPoint || (found.kind !== 'directory' && found.kind !== wanted))
    return unknown(
      scene,
      found,
      `expected a plain ${wanted} there, got a ${found.mountPoint ? 'mount point' : found.kind}`,
    );
  if (kind === 'scratch') return judgeScratch(scene, found);
  const guarded = guardedAs(scene, found, name);
  if (guarded) return guarded;
  const of = scene.known.runs.filter((each) => each.run === run);
  if (of.length === 0) return unknown(scene, found, `the ledger knows no run ${run} that met this live path`);
  if (of.some(({ ended }) => !ended)) return keep(namedAs(name), wordsOf(name), `run ${run} has not ended`);
  if (isHalf(scene, found))
    return may(
      'part',
      'what is left of a tree whose removal has begun',
      'its removal was decided, and was cut off',
    );
  if (part) return judgeCopy(scene, found, 'part', wordsOf(name));
  switch (kind) {
    case 'rehearsal':
      return judgeCopy(scene, found, 'rehearsal', wordsOf(name));
    case 'archive':
      return of.some(({ artifact }) => artifact !== null && artifact === found.sha256)
        ? may('archive', wordsOf(name), `run ${run} has ended, and its artifact is in the evidence`)
        : unknown(scene, found, `it is not the artifact that run ${run} has uploaded`);
    case 'staged':
      return of.some(({ candidate }) => candidate !== null && candidate === found.tree)
        ? may('candidate', wordsOf(name), `run ${run} has ended, and no rollback brings this tree back`)
        : unknown(scene, found, `it is not the tree that run ${run} has staged; it may be one that was live`);
    default:
      return judgeOld(
        scene,
        found,
        kind,
        of.map(({ candidate }) => candidate),
      );
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

/** Whoever removes a tree removes what of it is half there, too. */
function withKeptParts(judged: readonly Leftover[]): Leftover[] {
  const kept = new Set(judged.filter((each) => each.kept).map(({ path }) => path));
  return judged.map((each) => {
    const part = `${each.path}.part`;
    return !each.kept && kept.has(part)
      ? { ...each, kept: true, why: `${part} beside it is kept, and would go with it` }
      : each;
  });
}

/** Two copies that vouch for each other must not go together. */
function keepLastCopies({ known }: Scene, judged: readonly Leftover[]): Leftover[] {
  const { anchor } = known;
  const ways = [...known.ways, ...(anchor ? [anchor] : [])];
  const staying = new Map(judged.filter(({ kept }) => kept).map(({ path, tree }) => [path, tree]));
  return judged
    .toReversed()
    .map((each) => {
      const { path, tree, what, kept } = each;
      if (kept || tree === null) return each;
      const matters =
        tree === anchor?.digest || (what !== 'backup' && ways.some((way) => way.digest === tree));
      const isSafe = ways.some(
        (way) => way.digest === tree && way.path !== path && staying.get(way.path) === tree,
      );
      if (!matters || isSafe) return each;
      staying.set(path, tree);
      return { ...each, kept: true, why: 'no other copy of it would stay where a rollback looks for it' };
    })
    .toReversed();
}
