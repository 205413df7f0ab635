// Who stamps the heads of ledgers: where it answers, and which certificates vouch for it.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { AttestationError } from '../attestation/attestation-error.ts';
import { certificatesIn } from '../attestation/timestamp.ts';
import type { Config } from './schema.ts';

export interface TimestampAuthority {
  readonly url: string;
  /** PEM of what vouches for it. */
  readonly trusted: string;
}

/** Null when none is configured, or with a fault noted. `from` is what the path is relative to. */
export function readTimestampAuthority(
  { timestampAuthority }: Config['attestation'],
  from: string,
  faults: string[],
): TimestampAuthority | null {
  if (!timestampAuthority) return null;
  const { url, certificates } = timestampAuthority;
  const file = resolve(from, certificates);
  const place = 'attestation/timestampAuthority/certificates';
  try {
    const trusted = readFileSync(file, 'utf8');
    certificatesIn(trusted);
    return { url, trusted };
  } catch (error) {
    const what = error instanceof AttestationError ? error.message : 'expected a readable PEM file, got none';
    faults.push(`${place} — ${file}: ${what}; get the certificates from the authority`);
    return null;
  }
}
