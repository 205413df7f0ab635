// Runs on one target are a chain too: each names the last event of the one before. Pure, but for the verifier it is given.
import { AttestationError } from './attestation-error.ts';
import type { ReadBundle } from './read-bundle.ts';
import { type LedgerVerifier, requireChain } from './signed-ledger.ts';
import { hasTarget, ledgerHashes } from './verify-ledger.ts';

/** The claim about the run before; with its ledger, that this one goes on from it. Throws AttestationError. */
export function verifyPrevious(
  { deployment }: ReadBundle,
  {
    text: own,
    previous: text,
    verify,
  }: { readonly text: string; readonly previous?: string; readonly verify: LedgerVerifier },
): string {
  const { run } = deployment.predicate;
  const { previous } = run;
  if (text === undefined)
    return previous
      ? `the run goes on from the run ${previous.run} on the same target, whose ledger had the head ${previous.head} (that ledger was not given)`
      : hasTarget(own)
        ? 'the run is the first on its target, by its ledger'
        : 'the run goes on from no other: its plan has no target';
  if (!previous)
    throw new AttestationError(
      'previous-mismatch',
      `expected ${run.id} to name a run before it, got none: ${hasTarget(own) ? 'by its ledger it is the first on its target' : 'its plan has no target'}`,
    );
  requireChain(text, verify, 'previous ledger');
  const { stream, hashes } = ledgerHashes(text);
  if (stream !== previous.run || !hashes.includes(previous.head))
    throw new AttestationError(
      'previous-mismatch',
      `expected the ledger of ${previous.run} with the head ${previous.head}, got that of ${stream} ending in ${hashes.at(-1)}; it was cut off or rewritten since, or is of another run`,
    );
  return `the run goes on from the run ${previous.run} on the same target: its ledger is an unbroken chain that holds the head ${previous.head}`;
}
