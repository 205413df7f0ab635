// What was built, sent, exchanged, and how to take it back. Pure.
import { readFacts } from '../../run/facts.ts';
import type { GateState } from '../../run/state.ts';
import { code, codeBlock, duration, keyValues, prose, table } from '../markdown.ts';
import { suiteTable } from './describe-tests.ts';

type Pair = readonly [name: string, value: string];

export function describeArtifact({ result }: GateState): string[] {
  const { commit, parent, branch, subject, insertions, deletions, filesChanged, artifact, manifest } =
    readFacts('artifact', result?.facts);
  return [
    ...(commit && parent
      ? [
          '### Commit',
          keyValues([
            ['commit', commit],
            ['parent', parent],
            ['branch', branch ?? 'unknown'],
            ['subject', subject ?? 'unknown'],
            [
              'change',
              `${filesChanged ?? '?'} files, ${insertions ?? '?'} insertions(+), ${deletions ?? '?'} deletions(-)`,
            ],
          ]),
        ]
      : []),
    ...(artifact
      ? [
          '### Artifact',
          keyValues([
            ['name', artifact.name],
            ['sha256', artifact.sha256],
            ['bytes', String(artifact.bytes)],
            ['files', String(artifact.files)],
            ['sha256_of_the_tar_inside', artifact.tarSha256],
          ]),
        ]
      : []),
    ...(manifest
      ? [
          '### Manifest',
          keyValues([
            ['name', manifest.name],
            ['sha256', manifest.sha256],
          ]),
          table(
            ['File', 'Bytes', 'Mode', 'sha256'],
            manifest.entries.map(({ path, bytes, mode, sha256 }) => [
              code(path),
              String(bytes),
              typeof mode === 'number' ? mode.toString(8) : prose(mode),
              code(sha256),
            ]),
          ),
        ]
      : []),
  ];
}

export function describeStage({ result }: GateState): string[] {
  const { host, stagedPath, livePath, liveTree, stagedTree, suites, transfer, backupPath, rollbackCommands } =
    readFacts('stage', result?.facts);
  const pairs: Pair[] = [
    ...pair('host', host),
    ...pair('staged_at', stagedPath),
    ...pair('staged_tree', stagedTree?.digest),
    ...pair('live_path', livePath),
    ...pair('live_tree_at_that_time', treeOr(liveTree)),
    ...pair('backup_will_be', backupPath === null ? 'none: nothing is live yet' : backupPath),
    ...(transfer
      ? [
          ['transfer', `${transfer.bytes} bytes in ${duration(transfer.ms)}`] as const,
          ['sha256_on_the_host', transfer.sha256] as const,
        ]
      : []),
  ];
  return [
    ...block('### Staging', pairs),
    ...suiteTable(suites),
    ...commandBlock('### Way back, as it was shown for approval', rollbackCommands),
  ];
}

/** What was looked at once more between the approval and the exchange. */
export function describeDrift({ result }: GateState): string[] {
  const { liveTree, branchHead, probes } = readFacts('drift', result?.facts);
  return [
    ...block('### Once more before the change', [
      ...pair('live_tree', treeOr(liveTree)),
      ...pair('branch_head', branchHead ?? undefined),
    ]),
    ...(probes && probes.length > 0
      ? [
          table(
            ['Probe', 'Reading', 'Read at'],
            probes.map(({ title, shown, at }) => [prose(title), prose(shown), at]),
          ),
        ]
      : []),
  ];
}

export function describePromote({ result }: GateState): string[] {
  const { host, livePath, backupPath, liveSince, liveTree, backupTree, exchangeWay } = readFacts(
    'promote',
    result?.facts,
  );
  return block(backupPath === null ? '### First tree' : '### Exchange', [
    ...pair('host', host),
    ...pair('live_path', livePath),
    ...pair('live_tree', liveTree?.digest),
    ...pair('backup', backupPath === null ? 'none: nothing was live before' : backupPath),
    ...pair('backup_tree', treeOr(backupTree)),
    ...pair('live_since', liveSince ?? undefined),
    ...pair(backupPath === null ? 'named_by' : 'exchanged_by', exchangeWay),
  ]);
}

export function describeRollbackReadiness({ result }: GateState): string[] {
  const { anchor, ofRun, why, position, commands, rehearsed, rehearsal, pruned } = readFacts(
    'rollback-readiness',
    result?.facts,
  );
  return [
    ...block('### Anchor', [
      ...pair('path', anchor === null ? 'absent: the way back is removal' : anchor?.path),
      ...pair('tree', anchor?.digest),
      ...pair('kept_by_run', ofRun),
      ...pair('chosen_because', why),
      ...pair('promote_had_come_to', position),
    ]),
    ...commandBlock('### Commands', commands),
    ...(rehearsed === undefined
      ? []
      : [
          '### Rehearsal',
          rehearsed ? 'The commands were run on a copy.' : 'The commands were not rehearsed.',
        ]),
    ...(rehearsal && rehearsal.length > 0
      ? [
          table(
            ['Part', 'Result', 'Detail'],
            rehearsal.map(({ title, status, detail }) => [prose(title), status, prose(detail)]),
          ),
        ]
      : []),
    ...(pruned && pruned.length > 0
      ? [
          '### Old trees that were removed',
          table(
            ['Path', 'Why'],
            pruned.map(({ path, why: because }) => [code(path), prose(because)]),
          ),
        ]
      : []),
  ];
}

export function describeRollback({ result }: GateState): string[] {
  const { host, livePath, restoredTree, badPath } = readFacts('rollback', result?.facts);
  return block('### Way back', [
    ...pair('host', host),
    ...pair('live_path', livePath),
    ...pair('restored_tree', treeOr(restoredTree)),
    ...pair('taken_out_to', badPath === null ? 'nothing was taken out' : badPath),
  ]);
}

function pair(name: string, value: string | undefined): Pair[] {
  return value === undefined ? [] : [[name, value]];
}

function treeOr(tree: { readonly digest: string } | null | undefined): string | undefined {
  return tree === null ? 'absent' : tree?.digest;
}

function block(heading: string, pairs: readonly Pair[]): string[] {
  return pairs.length > 0 ? [heading, keyValues(pairs)] : [];
}

/** One block a command, since each is run on its own. */
function commandBlock(heading: string, commands: readonly string[] = []): string[] {
  return commands.length > 0
    ? [
        heading,
        ...commands.flatMap((command, index) => [
          `${index + 1} of ${commands.length}:`,
          codeBlock(command, 'sh'),
        ]),
      ]
    : [];
}
