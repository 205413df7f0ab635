// The text of a public key file: one PEM block, and above it the bounds of the time in which its signatures are believed.
import { z } from 'zod';
import { AttestationError } from './attestation-error.ts';

export interface KeyFile {
  /** The PEM block alone (SPKI). */
  readonly pem: string;
  /** What `interlock keys show` printed above it; null in a file without it. */
  readonly keyId: string | null;
  readonly validAfter: Date | null;
  readonly validBefore: Date | null;
}

const headers = ['Valid-After', 'Valid-Before'] as const;
const time = z.iso.datetime({ offset: true });
/** The part of `interlock keys show` below a key: whose file signatures to accept, which this file has no say in. */
const signersHeading = /^allowed_signers, for ssh-keygen -Y verify -f:$/;
const signersLine = /^(?:allowed_signers: )?[^\s:]+ (?:[^\s:]+ )?ssh-ed25519 [A-Za-z0-9+/=]+$/;
const retiredHeading = /^retired: (key id SHA256:\S+)(?: \(.+\))?\r?$/m;
const announcedLine = /^announced its successor in .+$/;
const block =
  /^-----BEGIN PUBLIC KEY-----\r?\n(?:[A-Za-z0-9+/=]+\r?\n)+-----END PUBLIC KEY-----[ \t]*(?:\r?\n|$)/m;

/**
 * Reads `Valid-After: TIME` and `Valid-Before: TIME` (RFC 3339), each at most once, above one block. A header that is misspelt, or
 * stands elsewhere, would leave the key unbounded without anybody noticing: everything else is refused, but for what
 * `interlock keys show` prints around it. The keys that it prints as retired are read by the same rules, and not trusted.
 * Throws AttestationError `key-unreadable`.
 */
export function readKeyFile(text: string): KeyFile {
  // Split at a group, so every other part is what the group held: the fingerprint of the key that follows.
  const [own = '', ...retired] = text.split(retiredHeading);
  const key = readSection(own, [signersHeading, signersLine]);
  for (let at = 0; at < retired.length; at += 2)
    readSection(`${retired[at]}\n${retired[at + 1]}`, [announcedLine]);
  return key;
}

function readSection(text: string, shownBelow: readonly RegExp[]): KeyFile {
  const found = block.exec(text);
  if (!found) throw unreadable('a public key in PEM (SPKI)', 'something else');
  const below = text.slice(found.index + found[0].length).split(/\r?\n/);
  const stray = below.find((line) => line.trim() !== '' && !shownBelow.some((form) => form.test(line)));
  if (stray !== undefined)
    throw unreadable('nothing below the key, whose bounds stand above it', JSON.stringify(stray));
  const bounds = new Map<string, Date>();
  let keyId: string | null = null;
  for (const line of text.slice(0, found.index).split(/\r?\n/)) {
    if (line.trim() === '') continue;
    const named = /^key id (SHA256:\S+)$/.exec(line)?.[1];
    if (named !== undefined && keyId === null) {
      keyId = named;
      continue;
    }
    const [name = '', ...rest] = line.split(':');
    const value = rest.join(':').trim();
    if (!headers.some((header) => header === name))
      throw unreadable(`only the headers ${headers.join(' and ')} above the key`, JSON.stringify(line));
    if (bounds.has(name)) throw unreadable(`the header ${name} once`, 'it twice');
    if (!time.safeParse(value).success)
      throw unreadable(`an RFC 3339 time after "${name}:"`, JSON.stringify(value));
    bounds.set(name, new Date(value));
  }
  const [validAfter = null, validBefore = null] = headers.map((name) => bounds.get(name) ?? null);
  if (validAfter && validBefore && validAfter >= validBefore)
    throw unreadable('Valid-After before Valid-Before', 'a key that is never believed');
  return { pem: found[0], keyId, validAfter, validBefore };
}

function unreadable(expected: string, got: string): AttestationError {
  return new AttestationError('key-unreadable', `expected ${expected} in the key file, got ${got}`);
}
