// The signing keys: made once, kept by the control plane alone. Verifiers hold the public halves.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { access, constants, mkdir, mkdtemp, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { findDirectoryExposure, findExposure } from '../evidence/exposure.ts';
import { shellQuote } from '../host/command.ts';
import { AttestationError } from './attestation-error.ts';
import { readKeyFile } from './read-key-file.ts';
import { keyIdOf, sshKeyType, sshPublicKey } from './ssh-wire.ts';

/** Names inside a key directory. The private ones are PKCS#8 PEM with mode 0600, the public one is SPKI PEM. */
export const keyFiles = {
  signing: 'interlock.pem',
  signingPublic: 'interlock.pub.pem',
  sshsig: 'interlock-sshsig.pem',
  allowedSigners: 'allowed_signers',
  /** Public halves of earlier keys, bounded in time, and the announcements that they signed. */
  retired: 'retired',
  /** Keys of a rotation that has begun and not ended. */
  next: 'next',
} as const;

/** Who signs, in `allowed_signers` and for `ssh-keygen -Y verify -I`. */
export const signerIdentity = 'interlock';

/** Keeps a signature over a bundle from being taken for one over something else, such as a git commit. */
export const sshsigNamespace = 'interlock';

export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** SSH fingerprint of the public half: `SHA256:…`. */
  readonly keyId: string;
}

export interface SigningKeys {
  /** ECDSA P-256: signs envelopes. */
  readonly signing: SigningKey;
  /** Ed25519: signs whole files as SSHSIG. */
  readonly sshsig: SigningKey;
}

/** A public key that a verifier trusts, with the time in which it does. */
export interface TrustedKey {
  readonly key: KeyObject;
  readonly keyId: string;
  readonly validAfter: Date | null;
  readonly validBefore: Date | null;
}

/**
 * Makes a key directory with fresh keys. It appears whole or not at all, and never replaces one that has anything in it.
 * Throws AttestationError `key-exists`.
 */
export async function initKeys(directory: string): Promise<SigningKeys> {
  const keys = newSigningKeys();
  await mkdir(dirname(directory), { recursive: true });
  const draft = await mkdtemp(join(dirname(directory), `.${basename(directory)}-`));
  try {
    await writeKeyFile(join(draft, keyFiles.signing), privatePem(keys.signing), 0o600);
    await writeKeyFile(join(draft, keyFiles.sshsig), privatePem(keys.sshsig), 0o600);
    await writeKeyFile(join(draft, keyFiles.signingPublic), publicKeyPem(keys.signing), 0o644);
    await writeKeyFile(join(draft, keyFiles.allowedSigners), `${allowedSignersLine(keys.sshsig)}\n`, 0o644);
    await rename(draft, directory);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    if (!isCode(cause, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) throw cause;
    throw new AttestationError(
      'key-exists',
      `expected no keys in ${directory} yet, got a directory with content; keys are never overwritten`,
      { cause },
    );
  }
  return keys;
}

/**
 * Loads both signing keys. Throws AttestationError `key-missing`, `key-exposed` (others may read a file or replace it),
 * `key-unreadable`, `wrong-key-type`, `rotation-unfinished`.
 */
export async function loadSigningKeys(directory: string): Promise<SigningKeys> {
  const unfinished = await access(join(directory, keyFiles.next)).then(
    () => true,
    () => false,
  );
  if (unfinished)
    throw new AttestationError(
      'rotation-unfinished',
      `expected keys in ${directory}, got a rotation that did not end; run ${keysCommand('rotate', directory)} again to finish it`,
    );
  await requireOwnDirectory(directory);
  return {
    signing: await loadPrivateKey(join(directory, keyFiles.signing), 'ecdsa-sha2-nistp256'),
    sshsig: await loadPrivateKey(join(directory, keyFiles.sshsig), 'ssh-ed25519'),
  };
}

/**
 * Reads a trusted ECDSA P-256 public key from SPKI PEM. Lines `Valid-After: TIME` and `Valid-Before: TIME` (RFC 3339) above
 * the PEM block, which other readers of PEM skip, bound the time in which its signatures are believed; any other text is refused.
 * Throws AttestationError `key-unreadable`, `wrong-key-type`.
 */
export function loadPublicKey(text: string): TrustedKey {
  // createPublicKey also takes a private key; a verifier that was handed one by mistake must hear of it.
  if (text.includes('PRIVATE KEY'))
    throw new AttestationError(
      'key-unreadable',
      'expected a public key in PEM (SPKI), got a file that holds a private key',
    );
  const { pem, keyId: named, validAfter, validBefore } = readKeyFile(text);
  const key = parse('a public key in PEM (SPKI)', () => createPublicKey(pem));
  requireType(key, 'ecdsa-sha2-nistp256');
  const keyId = keyIdOf(key);
  if (named !== null && named !== keyId)
    throw new AttestationError('key-unreadable', `expected the key ${named}, as its file says, got ${keyId}`);
  return { key, keyId, validAfter, validBefore };
}

/** The public half as SPKI PEM. */
export function publicKeyPem({ publicKey }: SigningKey): string {
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

/**
 * The line, without its end, of an `allowed_signers` file (ssh-keygen(1)) that trusts this key for our namespace, from
 * `validAfter` (YYYYMMDDHHMMSSZ) on if that is given.
 */
export function allowedSignersLine(
  { publicKey }: SigningKey,
  { validAfter }: { validAfter?: string } = {},
): string {
  const since = validAfter === undefined ? '' : `,valid-after="${validAfter}"`;
  return `${signerIdentity} namespaces="${sshsigNamespace}"${since} ${sshKeyType(publicKey)} ${sshPublicKey(publicKey).toString('base64')}`;
}

/** Fresh keys of both kinds, in memory alone. */
export function newSigningKeys(): SigningKeys {
  return { signing: newKey('ec'), sshsig: newKey('ed25519') };
}

function newKey(type: 'ec' | 'ed25519'): SigningKey {
  const { privateKey, publicKey } =
    type === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  return { privateKey, publicKey, keyId: keyIdOf(publicKey) };
}

/** The private half as PKCS#8 PEM: for a file of mode 0600 and for nothing else. */
export function privatePem({ privateKey }: SigningKey): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Loads one private key (PKCS#8 PEM, mode 0600). Throws AttestationError `key-missing`, `key-exposed`, `key-unreadable`, `wrong-key-type`. */
export async function loadPrivateKey(path: string, type: ReturnType<typeof sshKeyType>): Promise<SigningKey> {
  const pem = await readOwn(path);
  const privateKey = parse(`a private key in PEM (PKCS#8) at ${path}`, () => createPrivateKey(pem));
  requireType(privateKey, type);
  const publicKey = createPublicKey(privateKey);
  return { privateKey, publicKey, keyId: keyIdOf(publicKey) };
}

/** As it is typed: without its data directory it would be about that of the current folder. `directory` is where the keys lie. */
export function keysCommand(verb: 'init' | 'rotate', directory: string): string {
  return `\`interlock keys ${verb} --data ${shellQuote(dirname(directory))}\``;
}

/** Whoever can write there can put keys of their own in place of ours. */
async function requireOwnDirectory(directory: string): Promise<void> {
  const found = await stat(directory).catch(() => null);
  // One that is not there has no keys, which the reading of them tells.
  const exposure = found && findDirectoryExposure(found, process.geteuid?.());
  if (exposure)
    throw new AttestationError(
      'key-exposed',
      `expected at ${directory} ${exposure}: others on this machine may have put keys there; rotate the keys, or run chown and chmod 700 if you know that nobody has`,
    );
}

/** Reads a private file through one handle, so that the mode that is checked is that of the bytes that are read. */
async function readOwn(path: string): Promise<string> {
  try {
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await file.stat();
    if (!found.isFile())
      throw new AttestationError('key-unreadable', `expected a plain file at ${path}, got something else`);
    const exposure = findExposure(found, process.geteuid?.());
    if (exposure !== null) {
      throw new AttestationError(
        'key-exposed',
        `expected at ${path} ${exposure}: others on this machine may have read it; rotate the key, or run chown and chmod 600 if you know that nobody has`,
      );
    }
    return await file.readFile('utf8');
  } catch (cause) {
    if (!isCode(cause, 'ENOENT', 'ENOTDIR')) throw cause;
    throw new AttestationError(
      'key-missing',
      `expected a private key at ${path}, got no such file; run ${keysCommand('init', dirname(path))}`,
      { cause },
    );
  }
}

/** A new file with exactly this mode, on disk when it returns. */
export async function writeKeyFile(path: string, text: string, mode: number): Promise<void> {
  await using file = await open(path, 'wx', mode);
  await file.writeFile(text);
  await file.chmod(mode);
  await file.sync();
}

function requireType(key: KeyObject, expected: ReturnType<typeof sshKeyType>): void {
  const type = sshKeyType(key);
  if (type !== expected)
    throw new AttestationError('wrong-key-type', `expected a key of type ${expected}, got ${type}`);
}

function parse(expected: string, read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch (cause) {
    throw new AttestationError('key-unreadable', `expected ${expected}, got something else`, { cause });
  }
}

function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
