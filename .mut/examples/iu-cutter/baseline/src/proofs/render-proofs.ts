import type { ProofResult } from './proof.ts';

/** One line a proof: `PROOF-1 PASS kill switch is off`; a proof that does not hold also says what was seen. */
export function renderProofLines(results: readonly ProofResult[]): string {
  return results
    .map(({ id, claim, holds, detail }) =>
      holds ? `${id} PASS ${claim}\n` : `${id} FAIL ${claim}: ${detail}\n`,
    )
    .join('');
}

/** One line of JSON: `{"proofs":[{"id","claim","holds","detail"}]}`. */
export function renderProofJson(results: readonly ProofResult[]): string {
  const proofs = results.map(({ id, claim, holds, detail }) => ({ id, claim, holds, detail }));
  return `${JSON.stringify({ proofs })}\n`;
}
