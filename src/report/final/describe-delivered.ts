// Section 3: what was delivered, where, on whose word, and the way back. Pure.
import { assignGroups } from '../../approval/policy.ts';
import { readFacts } from '../../run/facts.ts';
import { hasVerified, labelOf, type Standing, standingsOf } from '../../run/standing.ts';
import type { GateState, RunState } from '../../run/state.ts';
import { code, counted, keyValues, prose, table } from '../markdown.ts';
import { changesAnything } from '../say-operation.ts';
import { whereThingsStand } from '../where-things-stand.ts';

type Pair = readonly [name: string, value: string];

export function describeDelivered(run: RunState): string {
  const parts = [headline(run), made(run), consent(run)];
  return parts.filter((part) => part !== '').join('\n\n');
}

function headline(run: RunState): string {
  if (run.operation === 'verify')
    return `Nothing: this run ${hasVerified(run) ? 'only looked at' : 'was to look at, and has not seen all of,'} what the run ${code(run.subjectRun ?? 'unknown')} had delivered.`;
  const { live } = whereThingsStand(run);
  if (live === 'unknown') return 'Not known: see section 1 for where to look.';
  if (live === 'candidate') return '';
  if (live === 'mixed') return 'Not all live paths hold the same: section 1 says which holds what.';
  return live === 'restored'
    ? 'Nothing stayed live: what was live before is live again.'
    : changesAnything(run)
      ? 'Nothing went live. What this run made before it stopped, if anything, is listed here.'
      : 'Nothing: no gate of this run makes or changes anything.';
}

function made(run: RunState): string {
  const blocks = [
    ...run.gates.filter(({ gate }) => gate.kind === 'artifact').map((each) => keyed(builtPairs(run, each))),
    ...standingsOf(run).map((each) => keyed(livePairs(run, each))),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

function builtPairs(run: RunState, { gate, result }: GateState): Pair[] {
  const { commit, parent, branch, subject, insertions, deletions, filesChanged, artifact, manifest } =
    readFacts('artifact', result?.facts);
  const isOnly = run.gates.filter(({ gate: { kind } }) => kind === 'artifact').length < 2;
  return [
    ...pair('for', !isOnly && artifact ? (gate.artifact ?? 'artifact') : undefined),
    ...pair('commit', commit && `${commit} (branch ${branch ?? 'unknown'}, parent ${parent ?? 'unknown'})`),
    ...pair('subject', subject),
    ...pair(
      'change',
      filesChanged === undefined
        ? undefined
        : `${counted(filesChanged, 'file')}, ${insertions ?? '?'} insertions(+), ${deletions ?? '?'} deletions(-)`,
    ),
    ...pair('artifact', artifact?.name),
    ...pair('artifact_sha256', artifact?.sha256),
    ...pair('artifact_size', artifact && `${artifact.bytes} bytes, ${counted(artifact.files, 'file')}`),
    ...pair('manifest', manifest?.name),
    ...pair('manifest_sha256', manifest?.sha256),
  ];
}

function livePairs(run: RunState, { name, promoted, restored }: Standing): Pair[] {
  const { host, livePath, backupPath, liveSince, liveTree, backupTree } = promoted;
  const { restoredTree, badPath, livePath: restoredPath } = restored;
  const label = labelOf(run, name);
  return [
    ...pair('target', label && (livePath || restoredPath) ? label : undefined),
    ...pair('promoted', livePath && `${host ?? 'unknown host'}:${livePath} (${liveSince ?? 'time unknown'})`),
    ...pair('promoted_tree', liveTree?.digest),
    ...pair('backup', sayBackup(backupPath, restoredTree !== undefined)),
    ...pair('backup_tree', backupTree?.digest),
    ...pair('restored', restoredPath),
    ...pair('restored_tree', restoredTree === null ? 'absent: nothing is live there' : restoredTree?.digest),
    ...pair('taken_out_to', badPath === null ? 'nothing was taken out' : badPath),
  ];
}

/** A way back that was gone is no backup any more: its tree lies at the live path again. */
function sayBackup(path: string | null | undefined, isPutBack: boolean): string | undefined {
  if (path === null) return 'absent: nothing was live before';
  return path !== undefined && isPutBack ? `none any more: ${path} was put back` : path;
}

function keyed(pairs: readonly Pair[]): string {
  return pairs.length > 0 ? keyValues(pairs) : '';
}

function consent(run: RunState): string {
  return [approvalOf(run), ...takenBack(run), ...overrides(run)].filter((part) => part !== '').join('\n\n');
}

/** Requests that were void before this one, with what had changed since they were shown. */
function takenBack({ voided }: RunState): string[] {
  return voided.flatMap(({ digest, voided: why }) =>
    why ? [`An earlier request, for ${code(digest)}, was void at ${why.at}: ${prose(why.reason.text)}`] : [],
  );
}

function overrides({ freezeOverrides, lockBroken }: RunState): string[] {
  return [
    ...freezeOverrides.map(({ by, reason, freezes, at }) => {
      const which = freezes.map(({ title, until }) => `${prose(title)}, until ${until}`).join('; ');
      return `**Freeze overridden** by ${prose(by.name)} (${code(by.id)}) at ${at}: ${prose(reason)}. Frozen then: ${which || 'nothing'}.`;
    }),
    ...(lockBroken
      ? [
          `**The target’s lock was taken from this run** by ${prose(lockBroken.by.name)} at ${lockBroken.at}: ${prose(lockBroken.reason)}.`,
        ]
      : []),
  ];
}

function approvalOf({ approval, plan }: RunState): string {
  if (!approval) return '';
  const lead = `Approval of ${code(approval.digest)}, asked for at ${approval.requestedAt}: **${approval.status}**${approval.decidedAt ? ` at ${approval.decidedAt}` : ''}${approval.rejectedBy ? ` by ${prose(approval.rejectedBy.name)}` : ''}.`;
  if (approval.approvals.length === 0) return lead;
  const rows = assignGroups(plan.approval, approval.approvals).map(
    ({ approver, group, votedAt, messageTs, factor }) => [
      `${prose(approver.name)} (${code(approver.id)})`,
      prose(group),
      factor === null ? votedAt : `${votedAt}, with a second factor (${factor})`,
      code(messageTs),
    ],
  );
  return `${lead}\n\n${table(['Approver', 'Group', 'At', 'On message'], rows)}`;
}

function pair(name: string, value: string | undefined): Pair[] {
  return value === undefined ? [] : [[name, value]];
}
