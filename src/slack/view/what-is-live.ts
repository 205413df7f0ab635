// What stands at the live path after a run, from its own gates: what went live, what came back, where the backup is.

import type { GateKind } from '../../plan/schema-gates.ts';
import { allTargets } from '../../plan/sections.ts';
import { readFacts } from '../../run/facts.ts';
import { factsOf, type GateState, type RunState } from '../../run/state.ts';
import { isDelivered } from './delivered.ts';
import { code } from './escape.ts';
import { shortPaths } from './paths.ts';

/** Lines of mrkdwn. Says less rather than more: what no gate has seen is not claimed. */
export function whatIsLive(run: RunState): string[] {
  const targets = allTargets(run.plan);
  if (targets.length === 0) return ['This plan has no live path; nothing was changed anywhere.'];
  const path = targets.map(({ livePath, host }) => `${code(livePath)} on ${code(host)}`).join(' and ');
  if (run.operation === 'verify') return [`This run changed nothing; it looked at ${path}.`];
  if (run.mode === 'DRYRUN') return [`A dry run: ${path} was not changed.`];
  return run.operation === 'rollback' ? afterRollback(run, path) : afterDeploy(run, path);
}

function afterDeploy(run: RunState, path: string): string[] {
  const promote = gateOf(run, 'promote');
  const rollback = gateOf(run, 'rollback');
  if (!promote || exchanged(promote) === 'no')
    return [`Nothing went live: ${path} is as it was.`, ...commitLine(run)];
  if (rollback?.status === 'pass') {
    const { restoredTree, badPath } = readFacts('rollback', rollback.result?.facts);
    return [
      `It went live and was rolled back: ${path} is what it was before${restoredTree ? `, tree ${code(restoredTree.digest)}` : ''}.`,
      ...(badPath ? [`The refused candidate lies beside it at ${code(shortPaths(run.plan, badPath))}.`] : []),
      ...commitLine(run),
    ];
  }
  const { liveTree, backupPath } = readFacts('promote', promote.result?.facts);
  return [
    ...(promote.status === 'pass'
      ? [`${path} is the approved candidate${liveTree ? `, tree ${code(liveTree.digest)}` : ''}.`]
      : [`:warning: Promote ended as ${promote.status}; look at ${path} before anything else.`]),
    ...(rollback ? [`:warning: The automatic rollback ended as ${rollback.status}.`] : []),
    ...(run.finished?.verdict === 'PASS'
      ? []
      : [':warning: Not everything that the plan asks for was proved. A person must decide.']),
    ...(backupPath ? [`Backup of what was live, beside it: ${code(shortPaths(run.plan, backupPath))}`] : []),
    ...(isDelivered(run) ? [] : commitLine(run)),
  ];
}

function afterRollback(run: RunState, path: string): string[] {
  const rollback = gateOf(run, 'rollback');
  if (rollback?.status !== 'pass') {
    return rollback && exchanged(rollback) !== 'no'
      ? [`:warning: The rollback did not end well; look at ${path} before anything else.`]
      : [`Nothing was rolled back: ${path} is as it was.`];
  }
  const { restoredTree, badPath } = readFacts('rollback', rollback.result?.facts);
  return [
    `${path} is the anchor again${restoredTree ? `, tree ${code(restoredTree.digest)}` : ''}.`,
    ...(badPath ? [`What was live before lies beside it: ${code(shortPaths(run.plan, badPath))}`] : []),
  ];
}

/** A commit stays in the repository even when nothing went live, and that must be said. */
function commitLine(run: RunState): string[] {
  const artifact = gateOf(run, 'artifact');
  const { commit, branch } = readFacts('artifact', factsOf(run)['artifact']);
  return artifact?.status === 'pass' && commit
    ? [
        `Commit ${code(commit)} is on ${code(branch ?? run.plan.source?.branch ?? 'its branch')} of the source repository.`,
      ]
    : [];
}

/** Whether a gate exchanged the live tree. A gate that ended without a readable result may have, and nobody knows. */
function exchanged({ status, result }: GateState): 'yes' | 'no' | 'unknown' {
  const journal = result?.mutations ?? [];
  if (status === 'pass' || journal.some(({ kind, simulated }) => kind === 'host.exchange' && !simulated))
    return 'yes';
  return status === 'inconclusive' ? 'unknown' : 'no';
}

function gateOf(run: RunState, kind: GateKind): GateState | undefined {
  return run.gates.find(({ gate }) => gate.kind === kind);
}
