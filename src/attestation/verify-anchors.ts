// Heads that were anchored outside: a time stamp authority saw them, and no key of ours can make that happen in the past.
import { AttestationError } from './attestation-error.ts';
import type { ReadBundle } from './read-bundle.ts';
import type { SignedLedger } from './signed-ledger.ts';
import { isStampOf, type Timestamp, verifyTimestamp } from './timestamp.ts';

/** A kept answer of an authority. */
export interface KeptTimestamp {
  readonly name: string;
  readonly der: Uint8Array;
}

export interface GivenAnchors {
  /** PEM of what is trusted to vouch for authorities; undefined when the verifier was given none. */
  readonly trusted: string | undefined;
  readonly timestamps: readonly KeptTimestamp[];
}

/** ms by which two honest clocks may differ. */
const skewMs = 300_000;

interface Head {
  readonly hash: string;
  /** Number and time of its event; null without the ledger. */
  readonly event: { readonly seq: number; readonly at: string } | null;
}

/**
 * Throws AttestationError `timestamp-missing` when authorities are trusted and no stamp is there, or not the one that the bundle
 * speaks of; `timestamp-mismatch`, and `time-mismatch` when a time of ours is later than the stamp that it has.
 */
export async function verifyAnchors(
  bundle: ReadBundle,
  ledger: SignedLedger | undefined,
  { trusted, timestamps }: GivenAnchors,
): Promise<{ claims: string[]; notes: string[] }> {
  const notes = [sayAnchored(bundle)];
  const unread = timestamps.map(
    ({ name }) => `not verified: ${name}, since no time stamp authority is trusted (--timestamp-authority)`,
  );
  if (trusted === undefined) return { claims: [], notes: [...notes, ...unread] };
  const { anchored, ledgerHead } = bundle.deployment.predicate;
  const heads = headsOf(ledgerHead, ledger);
  const found = await Promise.all(
    timestamps.map(async ({ name, der }) => {
      const head = heads.find(({ hash }) => isStampOf(der, hash));
      if (!head)
        throw new AttestationError(
          'timestamp-mismatch',
          `expected ${name} to be a time stamp of a head of this ledger, got one of something else; it is of another run, or the ledger was not given or is older`,
        );
      return { name, head, stamp: await verifyTimestamp(der, head.hash, trusted) };
    }),
  );
  const ofSigning = found.filter(({ head }) => head.hash === ledgerHead);
  if (found.length === 0 || (anchored?.at && ofSigning.length === 0))
    throw new AttestationError(
      'timestamp-missing',
      `expected a time stamp of the ledger’s head ${ledgerHead}, got none; it is kept as head-N.tsr beside the bundle`,
    );
  if (anchored?.at && !ofSigning.some(({ stamp }) => stamp.at.getTime() === Date.parse(anchored.at ?? '')))
    throw new AttestationError(
      'timestamp-mismatch',
      `expected a time stamp of ${anchored.at}, as the bundle says, got one of ${ofSigning[0]?.stamp.at.toISOString()}`,
    );
  return { claims: found.map(({ name, head, stamp }) => sayStamp(name, head, stamp)), notes };
}

/** What the bundle says of itself. It was asked for before the signing, so it cannot be later than that. */
function sayAnchored({ deployment, summary }: ReadBundle): string {
  const { anchored } = deployment.predicate;
  if (!anchored)
    return 'no time was anchored outside when it was signed: no time stamp authority was configured';
  const { authority, at, reason } = anchored;
  if (at === null)
    return `no time was anchored outside when it was signed: ${authority} gave none (${reason})`;
  const { timeVerified } = summary.predicate;
  if (Date.parse(at) > Date.parse(timeVerified) + skewMs)
    throw new AttestationError(
      'time-mismatch',
      `expected a signature after the time stamp of ${at} that it contains, got one of ${timeVerified}`,
    );
  return `the bundle says that ${authority} had stamped the ledger’s head at ${at}, before it was signed`;
}

function headsOf(ledgerHead: string, ledger: SignedLedger | undefined): Head[] {
  if (!ledger) return [{ hash: ledgerHead, event: null }];
  return [...ledger.signed, ...ledger.afterwards].map((event) => ({ hash: event.hash, event }));
}

function sayStamp(name: string, { event, hash }: Head, { at, authority }: Timestamp): string {
  const time = at.toISOString();
  if (!event) return `${name}: the head ${hash} existed by ${time}, says ${authority}`;
  const lag = at.getTime() - Date.parse(event.at);
  if (lag < -skewMs)
    throw new AttestationError(
      'time-mismatch',
      `expected event ${event.seq} to be older than its time stamp of ${time}, got one that says ${event.at}`,
    );
  return `${name}: event ${event.seq} and all before it existed by ${time}, says ${authority}: ${Math.max(0, Math.round(lag / 1000))} s after the time that the event gives`;
}
