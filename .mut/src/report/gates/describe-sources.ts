// What the gates before the tests saw: machine, repository, hosts, first probes, change set. Pure.
import { modeNotes } from '../../run/count-changes.ts';
import { readFacts } from '../../run/facts.ts';
import type { GateState } from '../../run/state.ts';
import { changeLine } from '../gate-line.ts';
import { code, keyValues, prose, table } from '../markdown.ts';

export function describePrecheck({ result }: GateState): string[] {
  const { machine, repository, hosts, probes } = readFacts('precheck', result?.facts);
  const place: [string, string][] = [
    ...(machine ? [['machine', machine] as [string, string]] : []),
    ...(repository
      ? ([
          ['repository', repository.path],
          ['branch', repository.branch],
          ['head', repository.head],
          ['work_tree', repository.clean ? 'clean' : 'not clean'],
        ] as [string, string][])
      : []),
  ];
  return [
    ...(place.length > 0 ? ['### Where it ran', keyValues(place)] : []),
    ...(hosts
      ? [
          '### Hosts',
          table(
            ['Host', 'Pinned key', 'System'],
            hosts.map(({ name, hostKey, system }) => [prose(name), code(hostKey), prose(system)]),
          ),
        ]
      : []),
    ...(probes
      ? [
          '### Probes, first reading',
          table(
            ['Probe', 'Reading', 'As expected', 'Read at'],
            probes.map(({ title, shown, status, reason, at }) => [
              prose(title),
              prose(shown),
              prose(reason ? `${status}: ${reason}` : status),
              at,
            ]),
          ),
        ]
      : []),
  ];
}

export function describeSurvey({ result }: GateState): string[] {
  const { files, changeSetDigest } = readFacts('survey', result?.facts);
  if (!files) return [];
  // Surveys of earlier versions said nothing of modes.
  const known = files.some(({ mode }) => mode !== undefined);
  return [
    '### Change set',
    `${changeLine(files)}.${changeSetDigest ? ` Digest over the list: ${code(changeSetDigest)}.` : ''}`,
    table(
      ['File', 'Change', ...(known ? ['Mode'] : []), 'Bytes', 'sha256'],
      files.map(({ path, change, mode, bytes, sha256 }) => [
        code(path),
        change,
        ...(known ? [mode?.slice(3) ?? ''] : []),
        String(bytes),
        code(sha256),
      ]),
    ),
    ...modeNotes(files).map(({ path, note }) => `- ${code(path)} ${note}.`),
  ];
}

export function describeReconcile({ result }: GateState): string[] {
  const { baseline, overlaid, tree } = readFacts('reconcile', result?.facts);
  if (!overlaid) return [];
  return [
    '### Overlay',
    keyValues([
      ...(baseline ? [['baseline', baseline] as const] : []),
      ['files_overlaid', String(overlaid.length)],
      ...(tree ? [['resulting_tree', tree] as const] : []),
    ]),
    overlaid.map((path) => `- ${code(path)}`).join('\n'),
  ];
}
