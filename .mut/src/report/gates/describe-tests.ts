// What tests, proofs and scans said, before the deploy and after it. Pure.
import { readFacts } from '../../run/facts.ts';
import type { ProbeDifference, ProofReading, SuiteCounts } from '../../run/readings.ts';
import type { GateState } from '../../run/state.ts';
import { bullets, code, counted, keyValues, prose, table } from '../markdown.ts';

export function describeTest({ result }: GateState): string[] {
  const { suites, proofs, forbiddenPatterns = [], secrets } = readFacts('test', result?.facts);
  const scans = [
    ...forbiddenPatterns.map(
      ({ pattern, matches }) => `forbidden pattern ${code(pattern)}: ${counted(matches, 'match', 'matches')}`,
    ),
    ...(secrets ? [`secret scan: ${counted(secrets.findings, 'finding')}`] : []),
  ];
  return [
    ...suiteTable(suites),
    ...proofTable(proofs),
    ...(scans.length > 0 ? ['### Scans', bullets(scans)] : []),
  ];
}

/** For `prove` and `verify`: the same on the tree that is live, and the probes before and after. */
export function describeProve({ result }: GateState): string[] {
  const { suites, proofs, liveTree, probes } = readFacts('prove', result?.facts);
  return [
    ...suiteTable(suites),
    ...proofTable(proofs),
    ...(liveTree
      ? [
          '### Live tree',
          keyValues([
            ['tree_digest', liveTree.digest],
            ...(liveTree.files === undefined ? [] : [['files', String(liveTree.files)] as const]),
          ]),
        ]
      : []),
    ...(probes ? ['### Probes, before and after', probeTable(probes)] : []),
  ];
}

export function suiteTable(suites: readonly SuiteCounts[] | undefined): string[] {
  if (!suites) return [];
  const rows = suites.map(({ name, passed, failed, skipped, total }) => [
    prose(name),
    ...[passed, failed, skipped, total].map(String),
  ]);
  return ['### Test suites', table(['Suite', 'Passed', 'Failed', 'Skipped', 'Total'], rows)];
}

export function probeTable(probes: readonly ProbeDifference[]): string {
  return table(
    ['Probe', 'Before', 'After', 'As expected'],
    probes.map(({ title, before, after, status, reason, unseen }) => [
      prose(title),
      prose(before ?? 'not read'),
      prose(after ?? 'not read'),
      prose(reason ? `${status}: ${reason}` : unseen ? `not evidenced: ${unseen}` : status),
    ]),
  );
}

export function proofTable(proofs: readonly ProofReading[] | undefined): string[] {
  if (!proofs) return [];
  const rows = proofs.map(({ id, claim, holds, detail }) => [
    code(id),
    prose(claim),
    holds ? 'holds' : 'does not hold',
    prose(detail ?? ''),
  ]);
  return ['### Behavioural proofs', table(['Proof', 'Claim', 'Result', 'Detail'], rows)];
}
