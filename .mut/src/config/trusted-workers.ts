// Whose results the control plane believes: the public keys of its workers, each for its roles.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { AttestationError } from '../attestation/attestation-error.ts';
import { loadPublicKey, type SigningKey, type TrustedKey } from '../attestation/keys.ts';
import type { Config } from './schema.ts';

export interface TrustedWorker {
  /** Its name in the configuration. */
  readonly name: string;
  readonly key: TrustedKey;
  readonly roles: readonly string[];
  /** The machine that it must be; null for any. */
  readonly machine: string | null;
}

/** The role of the control plane's own worker: it holds the signing keys, and nobody else may write its report. */
export const controlRole = 'control';

/** Reads the keys; what is wrong with one is noted in `faults`, and that worker is left out. `from` is what paths are relative to. */
export function readTrustedWorkers(
  workers: Config['workers'],
  from: string,
  faults: string[],
): TrustedWorker[] {
  const read: TrustedWorker[] = [];
  for (const [name, { publicKey, roles, machine = null }] of Object.entries(workers)) {
    const place = `workers/${name}`;
    if (roles.includes(controlRole))
      faults.push(
        `${place}/roles — expected roles of workers, got ${controlRole}, which is the control plane’s own; take it out`,
      );
    const key = readKey(`${place}/publicKey`, resolve(from, publicKey), faults);
    if (key === null) continue;
    const same = read.find((each) => each.key.keyId === key.keyId);
    if (same)
      faults.push(
        `${place}/publicKey — expected a key of its own, got that of workers/${same.name}; put the roles of one key into one entry`,
      );
    read.push({ name, key, roles, machine });
  }
  return read;
}

/** A worker in the control plane's own process, which nobody needs to enrol. */
export function ownWorker(
  { machine }: { readonly machine: string },
  { publicKey, keyId }: SigningKey,
  roles: readonly string[],
): TrustedWorker {
  const key = { key: publicKey, keyId, validAfter: null, validBefore: null };
  return { name: 'of the control plane', key, roles, machine };
}

function readKey(place: string, file: string, faults: string[]): TrustedKey | null {
  const mend = 'copy it from `interlock keys worker` on the worker’s machine';
  try {
    return loadPublicKey(readFileSync(file, 'utf8'));
  } catch (error) {
    faults.push(
      error instanceof AttestationError
        ? `${place} — ${file}: ${error.message}; ${mend}`
        : `${place} — expected a readable PEM file at ${file}, got none; ${mend}`,
    );
    return null;
  }
}
