import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { preAuthEncoding, signEnvelope, verifyEnvelope } from '../../src/attestation/dsse.ts';
import { newSigningKeys, publicKeyPem } from '../../src/attestation/keys.ts';
import { otherSpelling, paddedSpelling } from '../fixtures/other-spelling.ts';

const run = promisify(execFile);
const { signing } = newSigningKeys();
const keys = [signing.publicKey];
const type = 'application/vnd.in-toto+json';
const text = JSON.stringify(signEnvelope(type, '{"hello":"wörld"}', signing));

describe('a DSSE envelope', () => {
  it('encodes the example of the specification', () => {
    expect(String(preAuthEncoding('http://example.com/HelloWorld', Buffer.from('hello world')))).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
  });

  it('opens to its payload and the fingerprint of its key', () => {
    const { payload, keyId } = verifyEnvelope(text, type, keys);
    expect(String(payload)).toBe('{"hello":"wörld"}');
    expect(keyId).toBe(signing.keyId);
  });

  it('is accepted by openssl', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'interlock-dsse-'));
    const { payload, signatures } = signEnvelope(type, 'payload', signing);
    await writeFile(join(directory, 'signed'), preAuthEncoding(type, Buffer.from(payload, 'base64')));
    await writeFile(join(directory, 'signature'), Buffer.from(signatures[0]?.sig ?? '', 'base64'));
    await writeFile(join(directory, 'key.pem'), publicKeyPem(signing));
    const { stdout } = await run(
      'openssl',
      ['dgst', '-sha256', '-verify', 'key.pem', '-signature', 'signature', 'signed'],
      { cwd: directory },
    );
    expect(stdout).toContain('Verified OK');
    await rm(directory, { recursive: true });
  });
});

describe('an envelope is refused', () => {
  it('with its signature spelled as DER does not, but not in the other spelling that ECDSA has', () => {
    for (const other of [paddedSpelling(text), otherSpelling(text)]) expect(other).not.toBe(text);
    expect(otherSpelling(otherSpelling(text))).toBe(text);
    expect(() => verifyEnvelope(paddedSpelling(text), type, keys)).toThrow(
      expect.objectContaining({ code: 'bad-signature' }),
    );
    expect(verifyEnvelope(otherSpelling(text), type, keys)).toEqual(verifyEnvelope(text, type, keys));
  });

  it('with any one byte changed', () => {
    fc.assert(
      fc.property(fc.nat({ max: text.length - 1 }), fc.integer({ min: 0x20, max: 0x7e }), (index, byte) => {
        const changed = text.slice(0, index) + String.fromCharCode(byte) + text.slice(index + 1);
        fc.pre(changed !== text);
        expect(() => verifyEnvelope(changed, type, keys)).toThrow(
          expect.objectContaining({ name: 'AttestationError' }),
        );
      }),
      { numRuns: 500 },
    );
  });

  const parsed = signEnvelope(type, 'x', signing);
  const [signature] = parsed.signatures;
  it.each([
    ['not JSON', 'nothing', 'malformed-envelope'],
    ['without a signature', JSON.stringify({ ...parsed, signatures: [] }), 'malformed-envelope'],
    [
      'with two signatures',
      JSON.stringify({ ...parsed, signatures: [signature, signature] }),
      'malformed-envelope',
    ],
    ['with a member more', JSON.stringify({ ...parsed, extra: 1 }), 'malformed-envelope'],
    ['with spaces', JSON.stringify(parsed, null, 1), 'malformed-envelope'],
    ['with a member twice', JSON.stringify(parsed).replace('{', '{"payload":"eA==",'), 'malformed-envelope'],
    ['with bits beside the base64', JSON.stringify(parsed).replace('"eA=="', '"eB=="'), 'malformed-envelope'],
    ['of another type', JSON.stringify(signEnvelope('text/plain', 'x', signing)), 'wrong-payload-type'],
    [
      'by a key that is not trusted',
      JSON.stringify(signEnvelope(type, 'x', newSigningKeys().signing)),
      'unknown-key',
    ],
    [
      'by a key that claims another’s name',
      JSON.stringify(signEnvelope(type, 'x', { ...newSigningKeys().signing, keyId: signing.keyId })),
      'bad-signature',
    ],
  ])('%s', (_name, envelope, code) => {
    expect(() => verifyEnvelope(envelope, type, keys)).toThrow(expect.objectContaining({ code }));
  });
});
