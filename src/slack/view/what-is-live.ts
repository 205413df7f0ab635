// What stands at each live path after a run, from its own gates: what went live, what came back, where the backup is.

import { allTargets } from '../../plan/sections.ts';
import { sayKnown } from '../../run/ending.ts';
import {
  builtOf,
  hasVerified,
  labelOf,
  type Standing,
  standingsOf,
  unseenBecause,
} from '../../run/standing.ts';
import type { RunState } from '../../run/state.ts';
import { isDelivered } from './delivered.ts';
import { code, plain } from './escape.ts';
import { shortPaths } from './paths.ts';

/** Lines of mrkdwn. Says less rather than more: what no gate has seen is not claimed. */
export function whatIsLive(run: RunState): string[] {
  const targets = allTargets(run.plan);
  if (targets.length === 0) return ['This plan has no live path; nothing was changed anywhere.'];
  const path = targets.map(({ livePath, host }) => `${code(livePath)} on ${code(host)}`).join(' and ');
  if (run.operation === 'verify')
    return [
      `This run changed nothing; ${hasVerified(run) ? 'it looked at' : 'it has not seen all of'} ${path}.`,
    ];
  if (run.mode === 'DRYRUN') return [`A dry run simulates every change: ${path} was not looked at again.`];
  const standings = standingsOf(run);
  if (run.operation === 'rollback') return standings.flatMap((each) => afterRollback(run, each));
  return [
    ...standings.flatMap((each) => afterDeploy(run, each)),
    ...(run.finished?.verdict === 'PARTIAL'
      ? [':warning: Not everything that the plan asks for was proved.']
      : []),
    ...(isDelivered(run) ? [] : commitLine(run)),
  ];
}

function afterDeploy(run: RunState, standing: Standing): string[] {
  const { live, promote, rollback, promoted, seen } = standing;
  const path = pathOf(run, standing);
  if (live === 'unchanged') return [`${nothing(run, 'went live', path)} ${asItWas(run, standing)}.`];
  if (live === 'restored') return rolledBack(run, standing);
  const { liveTree, backupPath } = promoted;
  const tree = seen?.tree ?? liveTree?.digest;
  return [
    ...(live === 'candidate' && (seen !== null || promote?.status === 'pass')
      ? [`${path} is the approved candidate${tree ? `, tree ${code(tree)}` : ''}${seenAt(standing)}.`]
      : [notSeen(path, standing)]),
    ...(promote && promote.status !== 'pass' && promote.status !== 'pending' && promote.status !== 'queued'
      ? [`:warning: Promote ended as ${promote.status}.`]
      : []),
    ...(rollback && rollback.status !== 'pending'
      ? [`:warning: The automatic rollback ended as ${rollback.status}.`]
      : []),
    ...(backupPath === null ? ['Nothing was live there before; the way back is removal.'] : []),
    ...(backupPath ? [`Backup of what was live, beside it: ${code(shortPaths(run.plan, backupPath))}`] : []),
    ...(backupPath === undefined && seen?.anchorPath
      ? [
          `What was live before lies at ${code(shortPaths(run.plan, seen.anchorPath))}, by its digest. It is the way back: ${code(`/rollback ${run.runId}`)}`,
        ]
      : []),
  ];
}

function rolledBack(run: RunState, standing: Standing): string[] {
  const { restoredTree, badPath } = standing.restored;
  const is =
    restoredTree === null
      ? 'absent again, as before'
      : `what it was before${restoredTree ? `, tree ${code(restoredTree.digest)}` : ''}`;
  if ((standing.rollback?.attempt ?? 0) === 0)
    return [
      `:warning: It went live, and ${pathOf(run, standing)} holds the tree from before again${seenAt(standing)}. This run did not bring that back.`,
    ];
  return [
    `It went live and was rolled back: ${pathOf(run, standing)} is ${is}${seenAt(standing)}.`,
    ...(badPath ? [`What was taken out lies beside it at ${code(shortPaths(run.plan, badPath))}.`] : []),
  ];
}

function afterRollback(run: RunState, standing: Standing): string[] {
  const { live, rollback, restored } = standing;
  const path = pathOf(run, standing);
  if (live === 'unknown') return [notSeen(path, standing)];
  if (live === 'candidate') return [`:warning: ${path} holds what was to be taken back${seenAt(standing)}.`];
  if (!rollback || live === 'unchanged')
    return rollback?.status === 'pass'
      ? [
          `${nothing(run, 'had to be rolled back', path)} holds what it held before that run${seenAt(standing)}.`,
        ]
      : [`${nothing(run, 'was rolled back', path)} ${asItWas(run, standing)}.`];
  const { restoredTree, badPath } = restored;
  return [
    restoredTree === null
      ? `${path} is absent again: nothing was live there before that run.`
      : `${path} is the anchor again${restoredTree ? `, tree ${code(restoredTree.digest)}` : ''}${seenAt(standing)}.`,
    ...(badPath ? [`What was live before lies beside it: ${code(shortPaths(run.plan, badPath))}`] : []),
  ];
}

/** Of one live path among others it is said at that path: another one may have changed. */
function nothing(run: RunState, happened: string, path: string): string {
  return allTargets(run.plan).length > 1
    ? `Nothing ${happened} at ${path}: it`
    : `Nothing ${happened}: ${path}`;
}

/**
 * Where nobody looked, what is there is not claimed: commands of the change set may have run, and others act there too. Under
 * another run's tree nobody can say that it is as it was: that run may have brought it meanwhile.
 */
function asItWas(run: RunState, standing: Standing): string {
  const unseen = unseenBecause(run, standing);
  if (unseen) return `was not looked at again: ${unseen}`;
  const known = standing.seen?.known;
  const is = known ? `was not changed by this run: it holds ${plain(sayKnown(known))}` : 'is as it was';
  return `${is}${seenAt(standing)}`;
}

/** Where nobody looked, or what was seen is neither tree that the run knows. */
function notSeen(path: string, { seen, promote }: Standing): string {
  if (seen?.known)
    return `:warning: ${path} holds ${plain(sayKnown(seen.known))}, seen ${seen.at}. Look at that run before anything else.`;
  if (seen?.live === 'neither')
    return `:warning: ${path} held neither the candidate nor the tree from before, seen ${seen.at}${seen.tree ? ` (tree ${code(seen.tree)})` : ''}. Look at it before anything else.`;
  if (seen) {
    const why = seen.reason ? ` ${plain(seen.reason.text)}` : '';
    return `:warning: What ${path} holds is not known since ${seen.at}.${why}`;
  }
  return `:warning: Promote ended as ${promote?.status}; what ${path} holds was not looked at.`;
}

function seenAt({ seen }: Standing): string {
  return seen ? ` (seen ${seen.at})` : '';
}

/** A commit stays in the repository even when nothing went live, and that must be said. */
function commitLine(run: RunState): string[] {
  if (!run.gates.some(({ gate, status }) => gate.kind === 'artifact' && status === 'pass')) return [];
  const [built] = builtOf(run);
  return built ? [`Commit ${code(built.commit)} is on ${code(built.branch)} of the source repository.`] : [];
}

function pathOf(run: RunState, { name, target }: Standing): string {
  const label = labelOf(run, name);
  return `${code(target.livePath)} on ${code(target.host)}${label ? ` (${plain(label)})` : ''}`;
}
