// Secrets of authenticator apps, as the configuration names them. No fault shows a value.
import type { Secret } from '../evidence/secret.ts';
import { readTotpSecret } from '../totp/totp.ts';
import { readSecret, type SecretSource } from './read-secret.ts';
import type { SecretRef } from './schema.ts';

/** The secret of one person’s app; what is wrong goes to `faults`. */
export function readSecondFactor(
  userId: string,
  ref: SecretRef,
  source: SecretSource,
  faults: string[],
): Secret {
  const place = `secondFactors/${userId}`;
  const before = faults.length;
  const written = readSecret({ place, ref, needed: true }, source, faults);
  const secret = readTotpSecret(written.reveal());
  if (secret !== null || faults.length > before) return secret ?? written;
  faults.push(
    `${place} — expected a base32 secret of at least 128 bits, got something else; make one with: interlock totp enrol --user ${userId} --file PATH`,
  );
  return written;
}
