// Looks at everything beside a live path: what stands there, what the host's journal says of it, and what is live. Reads only.
import { listBeside, parseBeside } from '../host/commands/observe-beside.ts';
import { fileState, parseFileState } from '../host/commands/observe-file.ts';
import { parseJournal, readJournal } from '../host/commands/observe-journal.ts';
import { identityOf, type PathFacts, parsePathFacts, pathFacts } from '../host/commands/observe-path.ts';
import type { KnownPlace } from '../run/known-place.ts';
import { stashOf } from './change-host.ts';
import type { GateContext, Observer } from './context.ts';
import { type JournalOfTrees, journalOfTrees } from './journal-of-trees.ts';
import type { FoundBeside, Scene } from './leftover-scene.ts';
import { readNameBeside } from './names-beside.ts';
import { oldTreesIn } from './old-trees.ts';
import { type TreeAt, treesAt } from './trees-at.ts';

/** Paths of one look: a command line holds some hundred. */
const atOnce = 100;

export async function lookBeside(context: GateContext, known: KnownPlace): Promise<Scene> {
  const { plan, signal, now } = context;
  const { livePath, keepBackups, keepBackupDays } = plan.target;
  const host = await context.host(plan.target.host);
  const { lines } = parseJournal(await host.run(readJournal(stashOf(livePath).journal), { signal }));
  const journal = journalOfTrees(lines, livePath);
  const [live] = await treesAt(host, [livePath], signal);
  const paths = parseBeside(await host.run(listBeside(livePath), { signal }));
  const ours = paths.filter((path) => readNameBeside(path, livePath) !== null);
  const found = new Map((await lookAt(host, ours, signal)).map((each) => [each.path, each]));
  return {
    known,
    journal,
    oldTrees: oldTreesIn(lines, livePath),
    live: whatIsLive(known, journal, live),
    found: paths.map((path) => found.get(path) ?? unseen(path)),
    keepBackups,
    keepBackupDays,
    now: now(),
  };
}

function unseen(path: string): FoundBeside {
  return { path, kind: 'not looked at', mountPoint: false, tree: null, sha256: null, inode: null };
}

async function lookAt(host: Observer, paths: readonly string[], signal: AbortSignal): Promise<FoundBeside[]> {
  const found: FoundBeside[] = [];
  for (let at = 0; at < paths.length; at += atOnce) {
    const facts = parsePathFacts(await host.run(pathFacts(paths.slice(at, at + atOnce)), { signal }));
    for (const each of facts) if (each.kind !== 'absent') found.push(await describe(host, each, signal));
  }
  return found;
}

async function describe(
  host: Observer,
  facts: Exclude<PathFacts, { kind: 'absent' }>,
  signal: AbortSignal,
): Promise<FoundBeside> {
  const { path, kind, mountPoint } = facts;
  const common = { path, kind, mountPoint, inode: identityOf(facts), tree: null, sha256: null };
  if (mountPoint) return common;
  if (kind === 'directory') {
    const [tree] = await treesAt(host, [path], signal);
    return { ...common, tree: tree?.digest ?? null };
  }
  if (kind !== 'file') return common;
  const file = parseFileState(await host.run(fileState(path), { signal }));
  return { ...common, sha256: file.state === 'present' ? file.value.sha256 : null };
}

/** Known when it is what the ledger saw last, or the very directory that the last exchange has put there. */
export function whatIsLive(
  { live, whyNot, changed }: Pick<KnownPlace, 'live' | 'whyNot' | 'changed'>,
  { last }: Pick<JournalOfTrees, 'last'>,
  seen: Pick<TreeAt, 'digest' | 'strange' | 'inode'> | undefined,
): Scene['live'] {
  const tree = seen?.digest ?? null;
  const isPut =
    changed !== null &&
    last?.becomes === changed.tree &&
    last.inode !== null &&
    last.inode === (seen?.inode ?? null);
  if (live !== null && isPut)
    return { tree, known: true, says: `the directory that run ${last.run} has put there` };
  const got = seen?.strange ?? tree ?? 'nothing';
  if (live === null) return { tree, known: false, says: whyNot ?? 'what is live is not known' };
  return !seen?.strange && live.tree === tree
    ? { tree, known: true, says: `what run ${live.ofRun} saw or left there at ${live.at}` }
    : {
        tree,
        known: false,
        says: `what is live is not what run ${live.ofRun} saw or left there: expected ${live.tree ?? 'nothing'}, got ${got}`,
      };
}
