// In what state a run leaves the repository and the live path: what a reader of a stopped run asks first. Pure.

import { sayKnown } from '../run/ending.ts';
import { hasDone } from '../run/gate-state.ts';
import { builtOf, labelOf, type Standing, standingsOf, unseenBecause } from '../run/standing.ts';
import type { RunState } from '../run/state.ts';
import { code, shortCommit } from './markdown.ts';

export interface WhereThingsStand {
  readonly repository: 'unmoved' | 'committed' | 'unknown';
  /** Of all live paths together; `mixed` when they differ. */
  readonly live: Standing['live'] | 'mixed';
}

/** Rests on the ledger: on gates that passed, and on the journals of those that did not. */
export function whereThingsStand(run: RunState): WhereThingsStand {
  return { repository: repositoryAfter(run), live: together(standingsOf(run).map(({ live }) => live)) };
}

function together(lives: readonly Standing['live'][]): WhereThingsStand['live'] {
  const [first = 'unchanged'] = lives;
  if (lives.includes('unknown')) return 'unknown';
  return lives.every((each) => each === first) ? first : 'mixed';
}

/** The first artifact gate alone moves the branch. */
function repositoryAfter({ mode, gates }: RunState): WhereThingsStand['repository'] {
  const tried = gates.filter(({ gate, attempt }) => gate.kind === 'artifact' && attempt > 0);
  if (mode === 'DRYRUN' || tried.length === 0) return 'unmoved';
  if (tried.some(({ status }) => status === 'pass')) return 'committed';
  const unsure = tried.some(
    (state) =>
      state.result === null || state.status === 'inconclusive' || hasDone(state, 'repository.fast-forward'),
  );
  return unsure ? 'unknown' : 'unmoved';
}

/** Sentences for people, in Markdown: on the repository, and one on each live path. */
export function sayWhereThingsStand(run: RunState): string[] {
  const { repository, live } = whereThingsStand(run);
  const { branch = '', repository: path = '' } = run.plan.source ?? {};
  const planned = (kind: string) => run.gates.some(({ gate }) => gate.kind === kind);
  const commit = builtOf(run)[0]?.commit;
  const deployed =
    live === 'candidate' || live === 'mixed' ? '' : '; the commit is there and the deploy is not';
  const repositories = {
    unmoved: `The repository ${code(path)} is where it was: this run did not move its branch ${code(branch)}.`,
    committed: `The branch ${code(branch)} of ${code(path)} is at ${code(commit ? shortCommit(commit) : 'the new commit')}${deployed}.`,
    unknown: `It is not known whether ${code(branch)} of ${code(path)} moved: look at it before the next run.`,
  };
  return [
    ...(run.operation === 'deploy' && run.plan.source && planned('artifact')
      ? [repositories[repository]]
      : []),
    ...standingsOf(run).map((each) => sayStanding(run, each)),
  ];
}

function sayStanding(run: RunState, standing: Standing): string {
  const { name, target, live, restored, promoted, seen } = standing;
  const unseen = unseenBecause(run, standing);
  const label = labelOf(run, name);
  const where = `${code(target.livePath)} on ${target.host}${label ? ` (${label})` : ''}`;
  const kept = restored.badPath ? `; the tree that was taken out lies at ${code(restored.badPath)}` : '';
  const first = promoted.backupPath === null ? ', the first tree to be live there' : '';
  const at = seen ? `, seen ${seen.at}` : '';
  const whose = seen?.known ? `: it holds ${sayKnown(seen.known)}` : '';
  const way =
    promoted.backupPath === undefined && seen?.anchorPath
      ? `; what was live before lies at ${code(seen.anchorPath)}, by its digest, and is the way back`
      : '';
  switch (live) {
    case 'unchanged':
      if (unseen) return `The live path ${where} was not looked at again: ${unseen}.`;
      return `The live path ${where} was not changed by this run${whose}${at}.`;
    case 'candidate':
      if (run.operation === 'rollback') return `The live path ${where} holds what was to be taken back${at}.`;
      return `The live path ${where} holds what this run delivered${first}${at}${way}.`;
    case 'restored':
      return restored.restoredTree === null
        ? `The live path ${where} is absent again, as it was before the first deploy${kept}${at}.`
        : `The live path ${where} holds the earlier tree again${kept}${at}.`;
    case 'unknown':
      if (seen?.known)
        return `The live path ${where} holds ${sayKnown(seen.known)}${at}: look at that run before anything else.`;
      return seen?.live === 'neither'
        ? `The live path ${where} holds neither what this run delivered nor the tree from before${at}${way}: look at it before anything else.`
        : `Which tree the live path ${where} holds is not known${seen ? ` since ${seen.at}` : ''}: look at it before anything else.`;
  }
}
