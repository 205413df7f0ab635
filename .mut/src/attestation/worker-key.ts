// A worker's own key: it signs the results of its gates, and nothing else. The control plane is told its public half.
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AttestationError } from './attestation-error.ts';
import {
  loadPrivateKey,
  newSigningKeys,
  privatePem,
  publicKeyPem,
  type SigningKey,
  writeKeyFile,
} from './keys.ts';

/** Names inside the directory `worker-keys`: PKCS#8 PEM with mode 0600, and SPKI PEM. */
export const workerKeyFiles = { private: 'worker.pem', public: 'worker.pub.pem' } as const;

/**
 * Loads the worker's key (ECDSA P-256), and makes it when there is none. Workers that share a data directory share it.
 * Throws AttestationError for a key that is there and cannot be trusted; that one is never replaced.
 */
export async function openWorkerKey(directory: string): Promise<SigningKey> {
  const load = () => loadPrivateKey(join(directory, workerKeyFiles.private), 'ecdsa-sha2-nistp256');
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof AttestationError) || error.code !== 'key-missing') throw error;
  }
  await make(directory);
  // What counts is what is there: another process may have made one at the same time.
  return load();
}

/** The directory appears whole or not at all. */
async function make(directory: string): Promise<void> {
  const { signing } = newSigningKeys();
  await mkdir(dirname(directory), { recursive: true, mode: 0o700 });
  const draft = await mkdtemp(join(dirname(directory), `.${basename(directory)}-`));
  try {
    await writeKeyFile(join(draft, workerKeyFiles.private), privatePem(signing), 0o600);
    await writeKeyFile(join(draft, workerKeyFiles.public), publicKeyPem(signing), 0o644);
    await rename(draft, directory);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!(error instanceof Error && 'code' in error && ['ENOTEMPTY', 'EEXIST'].includes(String(error.code))))
      throw error;
  }
}
