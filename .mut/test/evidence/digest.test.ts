import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, Digest, digestOf, sha256File, sha256Hex } from '../../src/evidence/digest.ts';
import { Secret } from '../../src/evidence/secret.ts';

test('sha256Hex gives the standard’s test vectors', () => {
  expect(sha256Hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(sha256Hex(new TextEncoder().encode('ü'))).toBe(sha256Hex('ü'));
});

test('sha256File gives the digest of the file’s bytes, and can be stopped', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'interlock-digest-'));
  try {
    const file = join(directory, 'x');
    await writeFile(file, 'abc');
    expect(await sha256File(file)).toBe(sha256Hex('abc'));
    await expect(sha256File(file, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
    await expect(sha256File(join(directory, 'no'))).rejects.toMatchObject({ code: 'ENOENT' });
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('canonical JSON is the example of RFC 8785', () => {
  const value = {
    numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
    literals: [null, true, false],
  };
  expect(canonicalJson(value)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

test('a digest does not depend on the order of members, and canonical JSON is still the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const shuffled: unknown = JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
        typeof inner === 'object' && inner !== null && !Array.isArray(inner)
          ? Object.fromEntries(Object.entries(inner).toReversed())
          : inner,
      );
      expect(digestOf(shuffled)).toBe(digestOf(value));
      expect(Digest.safeParse(digestOf(value)).success).toBe(true);
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('what RFC 8785 cannot write is refused', () => {
  const refused = [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '\ud800',
    undefined,
    1n,
    () => 1,
    { a: [Number.NaN] },
  ];
  for (const value of refused) {
    expect(() => digestOf(value)).toThrow(expect.objectContaining({ code: 'not-canonical' }));
  }
});

test('a secret within a value is not in its canonical form', () => {
  expect(canonicalJson({ token: new Secret('hunter2!') })).toBe('{"token":"[redacted]"}');
});
