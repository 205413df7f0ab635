import { z } from 'zod';

/** A behavioural claim that anyone can re-run, and whether it held. */
export const Proof = z.object({
  id: z.string().min(1),
  claim: z.string().min(1),
  holds: z.boolean(),
  detail: z.string().optional(),
});
export type Proof = z.infer<typeof Proof>;

const ProofLine = z.object({ proofs: z.array(Proof) });

export type ProofsCode = 'no-proofs' | 'ambiguous' | 'duplicate-id' | 'incomplete';
export type ParsedProofs =
  | { readonly ok: true; readonly proofs: readonly Proof[] }
  | { readonly ok: false; readonly code: ProofsCode; readonly reason: string };

/**
 * Reads what a proof harness printed: among other output exactly one line of JSON,
 * `{"proofs":[{"id","claim","holds","detail"?}]}`. Two such lines are refused: one could be printed by the
 * code under proof.
 */
export function parseProofs(text: string): ParsedProofs {
  const found = text.split('\n').flatMap(parseLine);
  const [proofs, another] = found;
  if (proofs === undefined || proofs.length === 0) {
    return {
      ok: false,
      code: 'no-proofs',
      reason: 'expected one JSON line {"proofs":[…]} with at least one proof, got none',
    };
  }
  if (another !== undefined) {
    return {
      ok: false,
      code: 'ambiguous',
      reason: `expected one JSON line {"proofs":[…]}, got ${found.length}`,
    };
  }
  const repeated = proofs.find((proof, index) => proofs.findIndex(({ id }) => id === proof.id) < index);
  if (repeated !== undefined) {
    return {
      ok: false,
      code: 'duplicate-id',
      reason: `expected proof ids to differ, got ${repeated.id} twice`,
    };
  }
  return { ok: true, proofs };
}

export type ProofsJudgement = {
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  readonly reason: string;
  readonly total: number;
  readonly holding: number;
  /** The ids of the proofs that do not hold. */
  readonly failed: readonly string[];
};

/** Passes when exactly `expectedCount` proofs ran and all hold: one fewer, or one unannounced, is a fail. */
export function judgeProofs(parsed: ParsedProofs, expectedCount: number): ProofsJudgement {
  if (!parsed.ok) return { verdict: 'inconclusive', reason: parsed.reason, total: 0, holding: 0, failed: [] };
  const failed = parsed.proofs.filter(({ holds }) => !holds).map(({ id }) => id);
  const total = parsed.proofs.length;
  const counts = { total, holding: total - failed.length, failed };
  if (failed.length > 0)
    return {
      verdict: 'fail',
      reason: `expected every proof to hold, got ${failed.join(', ')} not holding`,
      ...counts,
    };
  if (total !== expectedCount)
    return { verdict: 'fail', reason: `expected ${expectedCount} proofs, got ${total}`, ...counts };
  return { verdict: 'pass', reason: `${total}/${expectedCount} proofs hold`, ...counts };
}

function parseLine(line: string): Proof[][] {
  if (!line.trimStart().startsWith('{')) return [];
  try {
    const parsed = ProofLine.safeParse(JSON.parse(line));
    return parsed.success ? [parsed.data.proofs] : [];
  } catch {
    return [];
  }
}
