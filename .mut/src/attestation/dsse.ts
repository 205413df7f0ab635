// Dead Simple Signing Envelope v1 (github.com/secure-systems-lab/dsse), with exactly one ECDSA P-256 signature.
import { type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { AttestationError } from './attestation-error.ts';
import type { SigningKey } from './keys.ts';
import { keyIdOf } from './ssh-wire.ts';

// Base64 has spare bits before its padding: without the re-encoding two spellings of one envelope would both verify.
const base64 = z
  .string()
  .min(1)
  .refine((text) => Buffer.from(text, 'base64').toString('base64') === text, 'canonical base64 (RFC 4648)');

export const envelopeSchema = z.strictObject({
  payload: base64,
  payloadType: z.string().min(1),
  signatures: z.array(z.strictObject({ keyid: z.string().min(1), sig: base64 })).length(1),
});
export type Envelope = z.infer<typeof envelopeSchema>;

export interface OpenedEnvelope {
  readonly payload: Buffer;
  /** SSH fingerprint of the key that signed. */
  readonly keyId: string;
}

/** The bytes that are signed: pre-authentication encoding of type and payload, lengths in bytes. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.byteLength} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** Signs a payload. `JSON.stringify` of the result is its canonical spelling, the only one that `verifyEnvelope` takes. */
export function signEnvelope(payloadType: string, payload: Uint8Array | string, key: SigningKey): Envelope {
  const bytes = Buffer.from(payload);
  const sig = sign('sha256', preAuthEncoding(payloadType, bytes), key.privateKey);
  return {
    payload: bytes.toString('base64'),
    payloadType,
    signatures: [{ keyid: key.keyId, sig: sig.toString('base64') }],
  };
}

/**
 * Opens an envelope given as JSON text: every byte of it is attacker-controlled until the signature holds.
 * Throws AttestationError `malformed-envelope`, `wrong-payload-type`, `unknown-key`, `bad-signature`.
 */
export function verifyEnvelope(
  text: string,
  payloadType: string,
  publicKeys: readonly KeyObject[],
): OpenedEnvelope {
  const envelope = parseEnvelope(text);
  if (envelope.payloadType !== payloadType) {
    throw new AttestationError(
      'wrong-payload-type',
      `expected payload type ${payloadType}, got ${JSON.stringify(envelope.payloadType)}`,
    );
  }
  const [signature] = envelope.signatures;
  const key = publicKeys.find((each) => keyIdOf(each) === signature?.keyid);
  if (!signature || !key) {
    const known = publicKeys.map(keyIdOf).join(', ') || 'none';
    throw new AttestationError(
      'unknown-key',
      `expected a signature by a trusted key (${known}), got one by ${JSON.stringify(signature?.keyid)}`,
    );
  }
  const payload = Buffer.from(envelope.payload, 'base64');
  if (!verify('sha256', preAuthEncoding(payloadType, payload), key, Buffer.from(signature.sig, 'base64'))) {
    throw new AttestationError(
      'bad-signature',
      `expected a signature over this payload by ${signature.keyid}, got one that does not fit; the payload, its type or the signature was altered`,
    );
  }
  return { payload, keyId: signature.keyid };
}

function parseEnvelope(text: string): Envelope {
  const envelope = envelopeSchema.safeParse(parseJson(text));
  if (!envelope.success) {
    throw new AttestationError(
      'malformed-envelope',
      `expected a DSSE envelope with one signature, got: ${z.prettifyError(envelope.error)}`,
      { cause: envelope.error },
    );
  }
  const { payload, payloadType, signatures } = envelope.data;
  // Duplicate members and odd spellings would let two readers see two envelopes in one text.
  if (JSON.stringify({ payload, payloadType, signatures }) !== text) {
    throw new AttestationError(
      'malformed-envelope',
      'expected an envelope in its canonical spelling (payload, payloadType, signatures, no spaces), got another',
    );
  }
  return envelope.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AttestationError('malformed-envelope', 'expected a DSSE envelope, got text that is not JSON', {
      cause,
    });
  }
}
