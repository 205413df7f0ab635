// The one key that a worker obeys.
import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { loadPublicKey } from '../attestation/keys.ts';
import { ConfigError, type Settings } from '../config/load.ts';

/** Reads the control plane's public key. Throws ConfigError, AttestationError. */
export async function loadWorkerKey({ worker }: Settings): Promise<KeyObject> {
  const path = worker.publicKey;
  if (path === undefined) throw new ConfigError(['worker/publicKey — expected a file, got none']);
  const pem = await readFile(path, 'utf8').catch(() => {
    throw new ConfigError([
      `worker/publicKey — expected a readable PEM file at ${path}; copy it from \`interlock keys show\` on the control plane`,
    ]);
  });
  return loadPublicKey(pem).key;
}
