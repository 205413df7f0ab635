import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { EvidenceError } from './evidence-error.ts';

/** 64 lower-case hex digits. */
export const Sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits');

/** `sha256:` and 64 lower-case hex digits: how a digest is written wherever the algorithm is not implied. */
export const Digest = z.templateLiteral(['sha256:', Sha256Hex]);
export type Digest = z.infer<typeof Digest>;

/** SHA-256 (FIPS 180-4) of bytes, or of a string's UTF-8 form, as lower-case hex. */
export function sha256Hex(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

/**
 * SHA-256 of a file's content as lower-case hex, read as a stream. Throws what `fs` throws, and AbortError.
 */
export async function sha256File(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, ...(signal === undefined ? [] : [{ signal }]));
  return hash.digest('hex');
}

/**
 * Canonical JSON (RFC 8785): equal values give equal bytes on every machine. Object members that JSON cannot
 * hold are left out, as JSON.stringify does. Throws EvidenceError `not-canonical` on NaN, infinities,
 * bigints, lone surrogates, cycles, and on a value that is no JSON at all.
 */
export function canonicalJson(value: unknown): string {
  let text: string | undefined;
  try {
    text = canonicalize(value);
  } catch (cause) {
    throw new EvidenceError(
      'not-canonical',
      'expected a value that RFC 8785 can write (finite numbers, well-formed strings, no cycles)',
      { cause },
    );
  }
  if (text === undefined) {
    throw new EvidenceError('not-canonical', `expected a JSON value, got ${typeof value}`);
  }
  return text;
}

/** The digest of a value: SHA-256 over its canonical JSON. Throws as `canonicalJson` does. */
export function digestOf(value: unknown): Digest {
  return `sha256:${sha256Hex(canonicalJson(value))}`;
}
