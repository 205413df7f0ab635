// The time of signing is the signer's word. The ledger bounds it: a bundle cannot be older than the head that it names, nor
// younger than the event that names it. Pure.
import { AttestationError } from './attestation-error.ts';
import type { ReadBundle } from './read-bundle.ts';
import type { SignedLedger } from './signed-ledger.ts';

/** Throws AttestationError `time-mismatch`. */
export function verifySigningTime({ summary }: ReadBundle, { signed, afterwards }: SignedLedger): string {
  const { timeVerified } = summary.predicate;
  const [earliest, latest] = [signed.at(-1), afterwards.find(({ type }) => type === 'gate.finished')];
  const isEarly = earliest !== undefined && Date.parse(timeVerified) < Date.parse(earliest.at);
  const isLate = latest !== undefined && Date.parse(timeVerified) > Date.parse(latest.at);
  if (isEarly || isLate)
    throw new AttestationError(
      'time-mismatch',
      `expected a signature ${isEarly ? `after event ${earliest.seq} of ${earliest.at}` : `before event ${latest?.seq} of ${latest?.at}`}, which it is bound to, got one of ${timeVerified}`,
    );
  return latest
    ? `the signature is of ${timeVerified}, between event ${earliest?.seq} (${earliest?.at}) and event ${latest.seq} (${latest.at}) of the ledger`
    : `the signature is of ${timeVerified}, after event ${earliest?.seq} (${earliest?.at}); this ledger ends there and gives no later bound`;
}
