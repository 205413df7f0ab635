// The evidence that a gate's result brings with it, on its way into the store.
import type { GateResult, Reason } from './gate-result.ts';
import { otherEvidence } from './no-result.ts';
import type { EvidencePort } from './ports.ts';
import type { GateState } from './state.ts';

/**
 * Moves evidence texts into the store. The digest that counts is the one of the bytes that were stored: of a result that names
 * another one nothing is believed.
 */
export async function keepEvidence(
  store: EvidencePort,
  { gate }: Pick<GateState, 'gate'>,
  result: GateResult,
): Promise<GateResult | Reason> {
  const evidence = [];
  for (const { text, ...reference } of result.evidence) {
    const stored = text === undefined ? reference : await store.put(text);
    if (stored.digest !== reference.digest) return otherEvidence(gate, reference, stored.digest);
    evidence.push(reference);
  }
  return { ...result, evidence };
}
