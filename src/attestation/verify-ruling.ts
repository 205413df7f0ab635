// Signed rulings against the bundle and the ledger that they name. Each function returns what it verified, or throws
// AttestationError.
import canonicalize from 'canonicalize';
import { documentDigest } from '../report/front-matter.ts';
import { withRulings } from '../report/ruling-section.ts';
import { AttestationError } from './attestation-error.ts';
import type { DeploymentPredicate } from './deployment-predicate.ts';
import type { TrustedKey } from './keys.ts';
import { openRuling, type RulingPredicate } from './ruling-statement.ts';
import { fold, type SignedLedger } from './signed-ledger.ts';

export interface GivenRulings {
  readonly texts: readonly string[];
  readonly bundleText: string;
  readonly deployment: DeploymentPredicate;
  readonly keys: readonly TrustedKey[];
  /** Undefined when none was given. */
  readonly ledger: SignedLedger | undefined;
}

export interface VerifiedRuling {
  readonly predicate: RulingPredicate;
  readonly claim: string;
}

/**
 * In the order in which they were given. Whoever holds the ledger's file can add a ruling to it, so each of its rulings must come
 * with a statement.
 */
export function verifyRulings(given: GivenRulings): VerifiedRuling[] {
  const verified = given.texts.map((text, index) => {
    const predicate = openGiven(text, index + 1, given);
    if (predicate.run !== given.deployment.run.id)
      throw mismatch(`a ruling on the run ${given.deployment.run.id}`, `one on ${predicate.run}`);
    const grounds =
      given.ledger === undefined
        ? 'the ledger was not given, so whether a later ruling replaces it is not known'
        : verifyInLedger(predicate, given.ledger);
    const { number, decision, by, ruledAt } = predicate;
    return {
      predicate,
      claim: `ruling ${number}: ${decision} by ${by.name} (${by.id}) at ${ruledAt}, signed over this very bundle; ${grounds}`,
    };
  });
  if (given.ledger) requireStatements(given.ledger, verified);
  return verified;
}

function openGiven(text: string, place: number, { bundleText, keys }: GivenRulings): RulingPredicate {
  try {
    return openRuling(text, bundleText, keys);
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error;
    const which = `the statement of a ruling that was given as number ${place}`;
    throw new AttestationError(error.code, `${which}: ${error.message}`, { cause: error });
  }
}

/**
 * The final document with each ruling, made anew from the signed one and the ledger: its digest is the signer's word until then.
 * `final` is the signed one as revision 0.
 */
export function verifyRuledDocuments(
  predicates: readonly RulingPredicate[],
  { run, signed, afterwards }: SignedLedger,
  final: { readonly name: string; readonly markdown: string },
): void {
  const { rulings } = fold(run.runId, [...signed, ...afterwards]);
  for (const { number, document } of predicates) {
    const digest = documentDigest(withRulings(final.markdown, rulings.slice(0, number)));
    if (document.name !== final.name || document.digest !== digest)
      throw mismatch(
        `${final.name} with ruling ${number} to have the digest ${digest}, as the ledger gives it`,
        `${document.name}, ${document.digest}`,
      );
  }
}

function requireStatements(ledger: SignedLedger, verified: readonly VerifiedRuling[]): void {
  const unsigned = rulingsIn(ledger).findIndex(
    (_, index) => !verified.some(({ predicate }) => predicate.number === index + 1),
  );
  const event = rulingsIn(ledger)[unsigned];
  if (event)
    throw new AttestationError(
      'ruling-unsigned',
      `expected a signed statement of ruling ${unsigned + 1} (${event.data.decision} by ${event.data.by.name}, event ${event.seq}), got none; give ruling-${unsigned + 1}.intoto.json with --ruling, or believe the ledger up to event ${event.seq - 1} alone`,
    );
}

function rulingsIn({ afterwards }: SignedLedger) {
  return afterwards.filter((event) => event.type === 'run.ruled');
}

/** The very event, after the end of the run, in its place among the rulings. */
function verifyInLedger(predicate: RulingPredicate, ledger: SignedLedger): string {
  const rulings = rulingsIn(ledger);
  const found = rulings[predicate.number - 1];
  const { ledger: place, ruledAt, run: _, number, document: __, ...said } = predicate;
  if (!found || found.seq !== place.seq || found.hash !== place.head || found.at !== ruledAt)
    throw mismatch(
      `the ledger to hold ruling ${number} as event ${place.seq}, ${place.head}`,
      found
        ? `event ${found.seq}, ${found.hash}`
        : `a ledger with ${rulings.length} rulings; it may be older than the ruling`,
    );
  if (canonicalize(said) !== canonicalize(found.data))
    throw mismatch(
      'what was signed to be what the ledger says',
      `${found.data.decision} by ${found.data.by.name} in other words`,
    );
  return rulings.length > number
    ? `the ledger holds it as event ${place.seq}, and ${rulings.length - number} later, which replace it`
    : `the ledger holds it as event ${place.seq}, and none after it`;
}

function mismatch(expected: string, got: string): AttestationError {
  return new AttestationError('ruling-mismatch', `expected ${expected}, got ${got}`);
}
