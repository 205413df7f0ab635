// Secrets come from the environment or from files that their owner alone can read; a fault names the place, never the value.
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Secret } from '../evidence/secret.ts';
import { readTotpSecret } from '../totp/totp.ts';
import type { SecretRef } from './schema.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Empty, with a fault noted, when there is none. A file is looked for beside `from`. */
export function readSecret(
  place: string,
  ref: SecretRef,
  needed: boolean,
  env: Environment,
  from: string,
  faults: string[],
): Secret {
  if ('env' in ref) {
    const value = env[ref.env];
    if (!value && needed) faults.push(`${place} — expected the environment variable ${ref.env}, got none`);
    return new Secret(value ?? '');
  }
  const file = resolve(from, ref.file);
  if (!checkPrivate(place, file, faults)) return new Secret('');
  return new Secret(readFileSync(file, 'utf8').trim());
}

/** Notes a fault unless there is a file that its owner alone can read. */
export function checkPrivate(place: string, file: string, faults: string[]): boolean {
  try {
    const { mode } = statSync(file);
    if ((mode & 0o077) === 0) return true;
    faults.push(
      `${place} — expected ${file} to be readable by its owner alone, got mode ${(mode & 0o777).toString(8)}; run: chmod 600 ${file}`,
    );
  } catch {
    faults.push(`${place} — expected a file at ${file}, got none`);
  }
  return false;
}

/** The secret of an authenticator app. */
export function readSecondFactor(
  userId: string,
  ref: SecretRef,
  env: Environment,
  from: string,
  faults: string[],
): Secret {
  const place = `secondFactors/${userId}`;
  const before = faults.length;
  const written = readSecret(place, ref, true, env, from, faults);
  const secret = readTotpSecret(written.reveal());
  if (secret !== null || faults.length > before) return secret ?? written;
  faults.push(
    `${place} — expected a base32 secret of at least 128 bits, got something else; make one with: interlock totp enrol --user ${userId} --file PATH`,
  );
  return written;
}
