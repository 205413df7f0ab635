// Test counts, proofs and probes in lines.
import type { ProbeDifference, ProbeReading, ProofReading, SuiteCounts } from '../../run/readings.ts';
import { code, plain } from './escape.ts';
import { statusEmoji } from './words.ts';

export function suiteLines(suites: readonly SuiteCounts[]): string[] {
  return suites.map(({ name, passed, failed, skipped, total }) => {
    const rest = [
      ...(failed > 0 ? [`*${failed} failed*`] : []),
      ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ];
    return `Tests ${code(name)}: ${passed}/${total} passed${rest.length > 0 ? `, ${rest.join(', ')}` : ''}`;
  });
}

/** How many hold, then each claim. */
export function proofLines(proofs: readonly ProofReading[]): string[] {
  if (proofs.length === 0) return [];
  const holding = proofs.filter(({ holds }) => holds).length;
  return [
    `Proofs: ${holding}/${proofs.length} hold`,
    ...proofs.map(
      ({ id, claim, holds, detail }) =>
        `${holds ? '•' : ':x:'} ${code(id)} ${plain(claim)}${!holds && detail ? `: ${plain(detail)}` : ''}`,
    ),
  ];
}

export function probeReadings(probes: readonly ProbeReading[]): string[] {
  return probes.map(({ title, shown, status, reason }) =>
    status === 'pass'
      ? `Probe “${plain(title)}”: ${code(shown)}`
      : `${statusEmoji[status]} Probe “${plain(title)}”: ${code(shown)} ${plain(reason ?? '')}`,
  );
}

/** What a probe read before and after; one value where both are the same. Why that is wrong, its check says. */
export function probeDifferences(probes: readonly ProbeDifference[]): string[] {
  return probes.map(({ title, before, after, status, unseen }) => {
    const read = (value: string | null) => (value === null ? 'not read' : code(value));
    if (unseen !== undefined) return `• Probe “${plain(title)}”: not evidenced, ${plain(unseen)}`;
    const values =
      before === after ? `unchanged, ${read(after)}` : `before ${read(before)}, after ${read(after)}`;
    return `${status === 'pass' ? '•' : statusEmoji[status]} Probe “${plain(title)}”: ${values}`;
  });
}
