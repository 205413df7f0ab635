// The events after the signed head. The bundle's signature does not cover them, so whoever holds the file can write them: only what
// closes the run as it was signed may stand there, and rulings that are signed apart. Pure.
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { readFacts } from '../run/facts.ts';
import { AttestationError } from './attestation-error.ts';
import type { ReadBundle } from './read-bundle.ts';
import type { SealedEvent, SignedLedger } from './signed-ledger.ts';

/**
 * That the run ended as it was signed, and with this very bundle. Throws AttestationError `ledger-mismatch`.
 * Rulings are for verify-ruling.ts.
 */
export function verifyAfterwards(
  bundle: ReadBundle,
  bundleText: string,
  { signed, afterwards }: SignedLedger,
): string[] {
  let hasReport = false;
  let hasEnded = false;
  const claims: string[] = [];
  for (const event of afterwards) {
    if (hasEnded && event.type === 'run.ruled') continue;
    // One that did not count changes nothing, and people may press a button at any time.
    if (!hasEnded && event.type === 'approval.voted' && !event.data.counted) continue;
    // Operators may take the lock from a run whose signing hangs; what it did is signed by then.
    if (!hasEnded && event.type === 'lock.broken') continue;
    if (!hasReport && event.type === 'gate.finished' && event.data.gate === 'report') {
      claims.push(...verifyReportGate(bundle, bundleText, event, signed));
      hasReport = true;
    } else if (hasReport && !hasEnded && event.type === 'run.finished') {
      verifyEnd(bundle, event);
      hasEnded = true;
    } else
      throw mismatch(
        `${hasEnded ? 'nothing but rulings after the end of the run' : 'the run to be closed as it was signed'}`,
        `${event.type} as event ${event.seq}; it was added, or there is a bundle that was signed after it`,
      );
  }
  return claims;
}

/** Whether an event names the bytes of a bundle. Which bundle it is, `verifyAfterwards` has verified. */
export function namesBundle({ afterwards }: SignedLedger): boolean {
  return afterwards.some(
    (event) =>
      event.type === 'gate.finished' &&
      event.data.gate === 'report' &&
      readFacts('report', event.data.result.facts).bundle !== undefined,
  );
}

/** Which events no signature covers, up to the last ruling whose statement was verified. */
export function sayCovered(
  { signed, afterwards }: SignedLedger,
  rulings: readonly { readonly ledger: { readonly seq: number } }[],
): string {
  const covered = Math.max(signed.length, ...rulings.map(({ ledger }) => ledger.seq));
  const bare = afterwards.filter(({ seq }) => seq > covered);
  const last = afterwards.at(-1) ?? signed.at(-1);
  if (bare.length === 0) return `every event of the ledger is covered by a signature, up to event ${covered}`;
  const listed = bare.map(({ seq, type }) => `${seq} ${type}`).join(', ');
  return `no signature covers ${bare.length === 1 ? 'this event' : `these ${bare.length} events`}: ${listed}; compare the head ${last?.hash} with the one that the run’s thread shows`;
}

type Finished = Extract<SealedEvent, { type: 'gate.finished' }>;

/** The report gate names the bundle by digest: of all that the key could sign for this run, that is the one. */
function verifyReportGate(
  { deployment, key }: ReadBundle,
  bundleText: string,
  { seq, data: { attempt, result } }: Finished,
  signed: readonly SealedEvent[],
): string[] {
  const queued = signed.findLast(({ type }) => type === 'gate.queued');
  if (queued?.type !== 'gate.queued' || queued.data.gate !== 'report' || queued.data.attempt !== attempt)
    throw mismatch(
      'the report gate to end that was queued when it was signed',
      `attempt ${attempt} as event ${seq}`,
    );
  const { bundle, ledgerHead, keyId, documents } = readFacts('report', result.facts);
  if (!bundle && result.status !== 'pass')
    return [`the ledger does not name a bundle: its report gate is ${result.status}`];
  const said = {
    bundle: bundle?.digest,
    ledgerHead,
    keyId,
    documents: documents?.map(({ name, title }) => ({ name, title })),
  };
  const found = {
    bundle: `sha256:${createHash('sha256').update(bundleText).digest('hex')}`,
    ledgerHead: deployment.predicate.ledgerHead,
    keyId: key.keyId,
    documents: deployment.predicate.documents.map(({ name, title }) => ({ name, title })),
  };
  for (const field of ['bundle', 'ledgerHead', 'keyId', 'documents'] as const)
    if (canonicalize(said[field]) !== canonicalize(found[field]))
      throw mismatch(
        `the ${field} that the ledger names in event ${seq} (${canonicalize(said[field]) ?? 'none'})`,
        `${canonicalize(found[field])}`,
      );
  return [`the ledger names this very bundle in event ${seq}: ${found.bundle}`];
}

function verifyEnd(
  { deployment }: ReadBundle,
  { data, seq }: Extract<SealedEvent, { type: 'run.finished' }>,
): void {
  const { verdict, outcome, reason } = deployment.predicate;
  if (canonicalize(data) !== canonicalize({ verdict, outcome, reason }))
    throw mismatch(
      `the run to end with ${verdict} (${outcome}) after it was signed`,
      `run.finished with ${data.verdict} (${data.outcome}) as event ${seq}`,
    );
}

function mismatch(expected: string, got: string): AttestationError {
  return new AttestationError('ledger-mismatch', `expected ${expected}, got ${got}`);
}
