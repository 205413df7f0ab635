// The SSH wire form of public keys (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4) and fingerprints over it.
import { createHash, type KeyObject } from 'node:crypto';
import { AttestationError } from './attestation-error.ts';

export type SshKeyType = 'ecdsa-sha2-nistp256' | 'ssh-ed25519';

/** An SSH string: its length in four bytes, then its bytes. */
export function sshString(value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Reads SSH strings one after the other; throws RangeError when the bytes end early. */
export function createSshReader(bytes: Buffer) {
  let offset = 0;
  function take(length: number): Buffer {
    if (offset + length > bytes.length)
      throw new RangeError(`expected ${length} bytes at ${offset}, got ${bytes.length - offset}`);
    offset += length;
    return bytes.subarray(offset - length, offset);
  }
  return {
    bytes: take,
    uint32: () => take(4).readUInt32BE(),
    string: () => take(take(4).readUInt32BE()),
    atEnd: () => offset === bytes.length,
  };
}

/** Which SSH key type this key is; throws AttestationError `wrong-key-type` for any other. */
export function sshKeyType(key: KeyObject): SshKeyType {
  if (key.asymmetricKeyType === 'ed25519') return 'ssh-ed25519';
  if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1')
    return 'ecdsa-sha2-nistp256';
  throw new AttestationError(
    'wrong-key-type',
    `expected an ECDSA P-256 or Ed25519 key, got ${key.asymmetricKeyType ?? 'a secret'}`,
  );
}

/** The public half of a key as SSH writes it on the wire. */
export function sshPublicKey(key: KeyObject): Buffer {
  const type = sshKeyType(key);
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const point = Buffer.from(x, 'base64url');
  if (type === 'ssh-ed25519') return Buffer.concat([sshString(type), sshString(point)]);
  const uncompressed = Buffer.concat([Buffer.of(4), point, Buffer.from(y, 'base64url')]);
  return Buffer.concat([sshString(type), sshString('nistp256'), sshString(uncompressed)]);
}

/** `SHA256:…`, as `ssh-keygen -l` prints it. */
export function keyIdOf(key: KeyObject): string {
  const hash = createHash('sha256').update(sshPublicKey(key)).digest('base64');
  return `SHA256:${hash.replace(/=+$/, '')}`;
}
