// Signed rulings against the bundle and the ledger that they name. Each function returns what it verified, or throws
// AttestationError.
import canonicalize from 'canonicalize';
import { parseRunEvent, type RunEvent } from '../run/events.ts';
import { AttestationError } from './attestation-error.ts';
import type { DeploymentPredicate } from './deployment-predicate.ts';
import type { TrustedKey } from './keys.ts';
import { openRuling, type RulingPredicate } from './ruling-statement.ts';
import { ledgerLinesOf } from './verify-ledger.ts';

export interface GivenRulings {
  readonly texts: readonly string[];
  readonly bundleText: string;
  readonly deployment: DeploymentPredicate;
  readonly keys: readonly TrustedKey[];
  /** The exported ledger, whose chain was verified; undefined when none was given. */
  readonly ledgerText: string | undefined;
}

export interface VerifiedRuling {
  readonly predicate: RulingPredicate;
  readonly claim: string;
}

export function verifyRulings(given: GivenRulings): VerifiedRuling[] {
  return given.texts.map((text) => {
    const predicate = openRuling(text, given.bundleText, given.keys);
    if (predicate.run !== given.deployment.run.id)
      throw mismatch(`a ruling on the run ${given.deployment.run.id}`, `one on ${predicate.run}`);
    const grounds =
      given.ledgerText === undefined
        ? 'the ledger was not given, so whether a later ruling replaces it is not known'
        : verifyInLedger(predicate, given.ledgerText);
    const { number, decision, by, ruledAt } = predicate;
    return {
      predicate,
      claim: `ruling ${number}: ${decision} by ${by.name} (${by.id}) at ${ruledAt}, signed over this very bundle; ${grounds}`,
    };
  });
}

/** The very event, after the end of the run, in its place among the rulings. */
function verifyInLedger(predicate: RulingPredicate, ledgerText: string): string {
  const events = ledgerLinesOf(ledgerText).map((line): RunEvent => parseRunEvent(line));
  const end = events.findIndex(({ type }) => type === 'run.finished');
  const rulings = events.flatMap((event, index) =>
    event.type === 'run.ruled' && end !== -1 && index > end ? [event] : [],
  );
  const found = rulings[predicate.number - 1];
  const { ledger, ruledAt, run: _, number, document: __, ...said } = predicate;
  if (!found || found.seq !== ledger.seq || found.hash !== ledger.head || found.at !== ruledAt)
    throw mismatch(
      `the ledger to hold ruling ${number} as event ${ledger.seq}, ${ledger.head}`,
      found
        ? `event ${found.seq}, ${found.hash}`
        : `a ledger of ${events.length} events with ${rulings.length} rulings; it may be older than the ruling`,
    );
  if (canonicalize(said) !== canonicalize(found.data))
    throw mismatch(
      'what was signed to be what the ledger says',
      `${found.data.decision} by ${found.data.by.name} in other words`,
    );
  return rulings.length > number
    ? `the ledger holds it as event ${ledger.seq}, and ${rulings.length - number} later, which replace it`
    : `the ledger holds it as event ${ledger.seq}, and none after it`;
}

function mismatch(expected: string, got: string): AttestationError {
  return new AttestationError('ruling-mismatch', `expected ${expected}, got ${got}`);
}
