import { createHash } from 'node:crypto';
import type { ServerHostKeyAlgorithm } from 'ssh2';
import { HostError } from './host-error.ts';

/** What a server must prove to be, noted down by the operator beforehand. */
export type HostKeyPin = {
  /** Present when the whole key is pinned. */
  readonly type?: string;
  /** `SHA256:` and 43 characters of base64, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
};

/** Host key algorithms that this client accepts, best first. `ssh-rsa` is absent: it signs with SHA-1. */
const ALGORITHMS: readonly {
  readonly type: string;
  readonly algorithms: readonly ServerHostKeyAlgorithm[];
}[] = [
  { type: 'ssh-ed25519', algorithms: ['ssh-ed25519'] },
  { type: 'ecdsa-sha2-nistp256', algorithms: ['ecdsa-sha2-nistp256'] },
  { type: 'ecdsa-sha2-nistp384', algorithms: ['ecdsa-sha2-nistp384'] },
  { type: 'ecdsa-sha2-nistp521', algorithms: ['ecdsa-sha2-nistp521'] },
  { type: 'ssh-rsa', algorithms: ['rsa-sha2-512', 'rsa-sha2-256'] },
];

const EXPECTED =
  '"ssh-ed25519 AAAA…" (a line of the host\'s /etc/ssh/ssh_host_*_key.pub) and/or "SHA256:…" (ssh-keygen -l)';

/** OpenSSH's fingerprint of a public key blob (RFC 4253 §6.6 encoding). */
export function fingerprintOf(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** The key type that a public key blob says it has, or '' for what is no key. */
export function keyTypeOf(blob: Uint8Array): string {
  if (blob.length < 4) return '';
  const length = new DataView(blob.buffer, blob.byteOffset, 4).getUint32(0);
  return blob.length < 4 + length ? '' : Buffer.from(blob.subarray(4, 4 + length)).toString('latin1');
}

/** Reads a pin: an OpenSSH public key line, a SHA256 fingerprint, or both. Throws `usage`, also when the two disagree. */
export function parseHostKeyPin(text: string): HostKeyPin {
  const words = text.trim().split(/\s+/);
  const fingerprint = words.find((word) => /^SHA256:[A-Za-z0-9+/]{43}$/.test(word));
  const type = ALGORITHMS.map((each) => each.type).find((each) => words.includes(each));
  if (type === undefined) {
    if (fingerprint === undefined) throw refuse(EXPECTED, JSON.stringify(text));
    return { fingerprint };
  }
  const blob = Buffer.from(words[words.indexOf(type) + 1] ?? '', 'base64');
  if (keyTypeOf(blob) !== type) throw refuse(`a base64 ${type} key after "${type}"`, JSON.stringify(text));
  const own = fingerprintOf(blob);
  if (fingerprint !== undefined && fingerprint !== own)
    throw refuse(`the key's fingerprint ${own}`, fingerprint);
  return { type, fingerprint: own };
}

/**
 * The host key algorithms to offer, the pinned type first: a server that has a key of that type then shows that one
 * (RFC 4253 §7.1), and not another of its keys that would be a false alarm. A server without one shows another type,
 * which the pin refuses by name.
 */
export function algorithmsFor(pin: HostKeyPin): ServerHostKeyAlgorithm[] {
  const pinned = ALGORITHMS.filter(({ type }) => type === pin.type);
  return [...pinned, ...ALGORITHMS.filter(({ type }) => type !== pin.type)].flatMap(
    ({ algorithms }) => algorithms,
  );
}

/** Whether a server's key is the pinned one. The fingerprint is over the whole blob, its type included. */
export function matchesPin(pin: HostKeyPin, blob: Uint8Array): boolean {
  return fingerprintOf(blob) === pin.fingerprint;
}

function refuse(expected: string, got: string): HostError {
  return new HostError('usage', `host key: expected ${expected}, got ${got}`);
}
