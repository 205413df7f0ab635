// The control plane's keys: loaded, and made at the first start.
import { AttestationError } from './attestation-error.ts';
import { initKeys, loadSigningKeys, type SigningKeys } from './keys.ts';

/** Throws AttestationError for keys that are there and cannot be trusted; those are never replaced. */
export async function openKeys(directory: string): Promise<SigningKeys> {
  try {
    return await loadSigningKeys(directory);
  } catch (error) {
    if (error instanceof AttestationError && error.code === 'key-missing') return initKeys(directory);
    throw error;
  }
}
