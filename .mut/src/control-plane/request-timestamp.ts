// One request to a time stamp authority over HTTP (RFC 3161, section 3.4), verified before it is believed.
import { AttestationError } from '../attestation/attestation-error.ts';
import { type Timestamp, timestampQuery, verifyTimestamp } from '../attestation/timestamp.ts';
import type { TimestampAuthority } from '../config/read-timestamp-authority.ts';

export type TimestampAnswer =
  | { readonly ok: true; readonly stamp: Timestamp; readonly der: Buffer }
  /** Why there is none, in a sentence's part. */
  | { readonly ok: false; readonly reason: string };

/** ms for one request, answer and all. */
const timeoutMs = 5_000;
/** A token with a chain of certificates is some 6 kB. */
const mostBytes = 65_536;

/** Asks once. Never throws for what an authority, or the network before it, does. */
export async function requestTimestamp(
  { url, trusted }: TimestampAuthority,
  head: string,
  signal?: AbortSignal,
): Promise<TimestampAnswer> {
  const { der: body, nonce } = timestampQuery(head);
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
      body: new Uint8Array(body),
      redirect: 'error',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    if (!response.ok) return { ok: false, reason: `it answered with status ${response.status}` };
    const der = await readAtMost(response, mostBytes);
    if (der === null) return { ok: false, reason: `its answer is larger than ${mostBytes} bytes` };
    return { ok: true, stamp: await verifyTimestamp(der, head, trusted, nonce), der };
  } catch (error) {
    if (error instanceof AttestationError) return { ok: false, reason: error.message };
    if (timeout.aborted) return { ok: false, reason: `it did not answer within ${timeoutMs / 1000} s` };
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return {
      ok: false,
      reason: `it was not reached: ${cause instanceof Error ? cause.message : String(cause)}`,
    };
  }
}

async function readAtMost(response: Response, most: number): Promise<Buffer | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > most) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
