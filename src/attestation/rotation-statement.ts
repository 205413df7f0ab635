// The announcement of new keys: an in-toto statement by the key that retires, in a DSSE envelope. Whoever trusts that key can
// follow to the next one.
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { AttestationError } from './attestation-error.ts';
import { signEnvelope, verifyEnvelope } from './dsse.ts';
import { loadPublicKey, type SigningKey, type TrustedKey } from './keys.ts';
import { payloadType, statementType } from './statement.ts';

export const rotationType = 'https://interlock.dev/attestation/key-rotation/v1';

const keyIds = { signing: z.string().min(1), sshsig: z.string().min(1) };

const rotationSchema = z.strictObject({
  _type: z.literal(statementType),
  subject: z.tuple([
    z.strictObject({
      name: z.string().min(1),
      digest: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
    }),
  ]),
  predicateType: z.literal(rotationType),
  predicate: z.strictObject({
    rotatedAt: z.iso.datetime({ precision: 3 }),
    retired: z.strictObject(keyIds),
    successor: z.strictObject({
      ...keyIds,
      publicKey: z.string().min(1).describe('The new public key file, as it is kept.'),
      allowedSigner: z.string().min(1).describe('The new line of `allowed_signers`.'),
    }),
  }),
});
export type Rotation = z.infer<typeof rotationSchema>['predicate'];

/** Signs an announcement with the retiring key. `name` is the file name of the new public key. */
export function announceRotation(predicate: Rotation, name: string, retiring: SigningKey): string {
  const statement = rotationSchema.parse({
    _type: statementType,
    subject: [{ name, digest: { sha256: sha256(predicate.successor.publicKey) } }],
    predicateType: rotationType,
    predicate,
  });
  return `${JSON.stringify(signEnvelope(payloadType, canonicalize(statement) ?? '', retiring))}\n`;
}

/**
 * The first key, and those that announcements lead to, in order. A key that retires is believed until then and no longer: its own
 * file may be older than that, and say nothing of it. Throws as `followRotation` does.
 */
export function followRotations(first: TrustedKey, texts: readonly string[]): TrustedKey[] {
  return texts.reduce<TrustedKey[]>(
    (keys, text) => {
      const { retired, ...next } = followRotation(text, keys);
      const { validAfter: until } = next;
      const bound = (each: TrustedKey) =>
        each.keyId === retired && (each.validBefore === null || each.validBefore > until)
          ? { ...each, validBefore: until }
          : each;
      return [...keys.map(bound), next];
    },
    [first],
  );
}

/**
 * The key that an announcement by one of the trusted keys names, believed from the rotation on. Throws AttestationError as
 * `verifyEnvelope` does, and `rotation-mismatch` when the announcement contradicts itself or comes from outside of the time
 * in which its signer is trusted.
 */
export function followRotation(
  text: string,
  trusted: readonly TrustedKey[],
): TrustedKey & { readonly validAfter: Date; readonly retired: string } {
  const { payload, keyId } = verifyEnvelope(
    text.trimEnd(),
    payloadType,
    trusted.map(({ key }) => key),
  );
  const signer = trusted.find((each) => each.keyId === keyId);
  const { subject, predicate } = readStatement(payload.toString('utf8'));
  const { retired, successor } = predicate;
  const rotatedAt = new Date(predicate.rotatedAt);
  if (retired.signing !== keyId)
    throw mismatch(`an announcement by the key that retires (${retired.signing})`, `one by ${keyId}`);
  // The retired key's own bound is this very moment, so it is inclusive here.
  if (
    (signer?.validAfter && rotatedAt < signer.validAfter) ||
    (signer?.validBefore && rotatedAt > signer.validBefore)
  )
    throw mismatch(
      `a rotation within the time in which ${keyId} is trusted`,
      `one at ${predicate.rotatedAt}`,
    );
  if (subject[0].digest.sha256 !== sha256(successor.publicKey))
    throw mismatch('a subject with the digest of the new public key', 'another digest');
  const next = loadPublicKey(successor.publicKey);
  if (next.keyId !== successor.signing)
    throw mismatch(`the public key of ${successor.signing}`, `that of ${next.keyId}`);
  return { ...next, validAfter: rotatedAt, retired: retired.signing };
}

function readStatement(text: string): z.infer<typeof rotationSchema> {
  const parsed = rotationSchema.safeParse(parseJson(text));
  if (!parsed.success || canonicalize(parsed.data) !== text)
    throw mismatch(`a ${rotationType} statement in RFC 8785 form`, 'another payload');
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function mismatch(expected: string, got: string): AttestationError {
  return new AttestationError('rotation-mismatch', `expected ${expected}, got ${got}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
