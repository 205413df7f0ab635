// Codes of authenticator apps: RFC 6238 as the apps do it, with SHA-1, six digits and a new code every 30 s.
import { TOTP, Secret as TotpSecret } from 'otpauth';
import { Secret } from '../evidence/secret.ts';

const form = { algorithm: 'SHA1', digits: 6, period: 30 } as const;

/** Steps before and after the present one whose code is taken too, for clocks that differ. */
const window = 1;

/** RFC 4226, section 4: at least 128 bits, and 160 are recommended. */
const fewestBytes = 16;
const newBytes = 20;

/** A fresh secret of 160 bits, in base32. */
export function newTotpSecret(): Secret {
  return new Secret(new TotpSecret({ size: newBytes }).base32, 'totp');
}

/** The secret that somebody wrote down, without the blanks, small letters and padding that people and apps give it; null when it is none. */
export function readTotpSecret(text: string): Secret | null {
  const base32 = text
    .replace(/[\s-]/g, '')
    .replace(/={1,6}$/, '')
    .toUpperCase();
  const isLongEnough = Math.floor((base32.length * 5) / 8) >= fewestBytes;
  return /^[A-Z2-7]+$/.test(base32) && isLongEnough ? new Secret(base32, 'totp') : null;
}

/**
 * The number of the 30 s step (since the epoch) whose code this is; null when it is none of the present step's or its
 * neighbours'. Compared in constant time. `now` is in ms since the epoch.
 */
export function stepOfCode(secret: Secret, code: string, now: number): number | null {
  if (!/^[0-9]{6}$/.test(code)) return null;
  const totp = { ...form, secret: TotpSecret.fromBase32(secret.reveal()) };
  const delta = TOTP.validate({ ...totp, token: code, timestamp: now, window });
  return delta === null ? null : TOTP.counter({ ...form, timestamp: now }) + delta;
}

/** What an authenticator app takes in, as a link or a QR code. It holds the secret. */
export function enrolmentUri(secret: Secret, account: string): string {
  return new TOTP({
    ...form,
    issuer: 'Interlock',
    label: account,
    secret: TotpSecret.fromBase32(secret.reveal()),
  }).toString();
}
