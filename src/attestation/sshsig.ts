// SSH signatures over whole files (PROTOCOL.sshsig of OpenSSH), as `ssh-keygen -Y sign` makes and `-Y verify` checks them.
import { createHash, createPublicKey, sign, timingSafeEqual, verify } from 'node:crypto';
import { findSigner } from './allowed-signers.ts';
import { AttestationError } from './attestation-error.ts';
import { type SigningKey, sshsigNamespace } from './keys.ts';
import { createSshReader, sshPublicKey, sshString } from './ssh-wire.ts';

const magic = Buffer.from('SSHSIG');
const armor = /^-----BEGIN SSH SIGNATURE-----\n((?:[A-Za-z0-9+/=]{1,76}\n)+)-----END SSH SIGNATURE-----\n$/;

/** Signs a text with an Ed25519 key; returns the armored signature, a file of its own. */
export function signSshsig(text: string, key: SigningKey): string {
  const wire = Buffer.concat([
    sshString('ssh-ed25519'),
    sshString(sign(null, signedBytes(text), key.privateKey)),
  ]);
  const version = Buffer.of(0, 0, 0, 1);
  const fields = [sshPublicKey(key.publicKey), sshsigNamespace, '', 'sha512', wire].map(sshString);
  return armored(Buffer.concat([magic, version, ...fields]));
}

/** As ssh-keygen writes it: base64 in lines of 70. */
function armored(blob: Buffer): string {
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  return `-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`;
}

/**
 * Verifies an armored Ed25519 signature over a text against an `allowed_signers` file at an instant.
 * Returns the principals of the signer. Throws AttestationError `malformed-sshsig`, `malformed-allowed-signers`, `bad-sshsig`.
 */
export function verifySshsig(text: string, signature: string, allowedSigners: string, at: Date): string {
  const { publicKey, sig } = readSignature(signature);
  const signer = findSigner(allowedSigners, publicKey, sshsigNamespace, at);
  const x = publicKey.subarray(-32).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  if (!verify(null, signedBytes(text), key, sig)) {
    throw new AttestationError(
      'bad-sshsig',
      'expected an SSH signature over this very file, got one that does not fit; the file or the signature was altered',
    );
  }
  return signer;
}

function signedBytes(text: string): Buffer {
  const digest = createHash('sha512').update(text).digest();
  return Buffer.concat([magic, ...[sshsigNamespace, '', 'sha512', digest].map(sshString)]);
}

function readSignature(text: string): { publicKey: Buffer; sig: Buffer } {
  const body = armor.exec(text)?.[1]?.replaceAll('\n', '');
  if (body === undefined) throw malformed('an armored SSH signature');
  const blob = Buffer.from(body, 'base64');
  // No signature covers its own spelling: with one alone, nobody can make another file of it.
  if (armored(blob) !== text) throw malformed('canonical base64 in lines of 70');
  try {
    const reader = createSshReader(blob);
    if (!timingSafeEqual(reader.bytes(magic.length), magic) || reader.uint32() !== 1)
      throw malformed('SSHSIG version 1');
    const publicKey = reader.string();
    const [namespace, reserved, hash] = [reader.string(), reader.string(), reader.string()].map(String);
    if (reserved !== '') throw malformed('an empty reserved field');
    if (namespace !== sshsigNamespace || hash !== 'sha512')
      throw malformed(`namespace ${sshsigNamespace} and hash sha512`);
    const wire = createSshReader(reader.string());
    if (String(wire.string()) !== 'ssh-ed25519') throw malformed('an Ed25519 signature');
    const sig = wire.string();
    if (!reader.atEnd() || !wire.atEnd()) throw malformed('nothing after the signature');
    return { publicKey, sig };
  } catch (cause) {
    if (cause instanceof RangeError) throw malformed('a whole SSHSIG blob', cause);
    throw cause;
  }
}

function malformed(expected: string, cause?: unknown): AttestationError {
  return new AttestationError(
    'malformed-sshsig',
    `expected ${expected}, got something else in the SSH signature`,
    { cause },
  );
}
