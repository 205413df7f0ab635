import { randomBytes } from 'node:crypto';
import { appendFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256Hex } from '../../src/evidence/digest.ts';
import { type EvidenceStore, openEvidenceStore } from '../../src/evidence/store.ts';

let directory: string;
let store: EvidenceStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-store-'));
  store = await openEvidenceStore(join(directory, 'blobs'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const left = () => readdirSync(join(directory, 'blobs', 'incoming'));

test('whatever was put is got back by its digest, byte for byte', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array(), fc.string({ unit: 'grapheme' })), async (content) => {
      const { digest, bytes } = await store.put(content);
      expect(digest).toBe(`sha256:${sha256Hex(content)}`);
      expect(await store.has(digest)).toBe(true);
      const got = await store.get(digest);
      expect(got).toEqual(Buffer.from(content));
      expect(bytes).toBe(got.length);
      expect(await store.put(content)).toEqual({ digest, bytes });
    }),
    { numRuns: 50 },
  );
  expect(left()).toEqual([]);
});

test('a file is kept as it is, and a store opened later has it', async () => {
  const content = randomBytes(3 << 20);
  writeFileSync(join(directory, 'file'), content);
  const { digest, bytes } = await store.putFile(join(directory, 'file'));
  expect(bytes).toBe(content.length);
  expect(await (await openEvidenceStore(join(directory, 'blobs'))).get(digest)).toEqual(content);
});

test('only the owner can read what is kept', async () => {
  const { digest } = await store.put('x');
  expect(statSync(store.path(digest)).mode & 0o777).toBe(0o600);
  expect(statSync(join(directory, 'blobs')).mode & 0o777).toBe(0o700);
});

test('a changed blob is not handed out, and putting it again mends it', async () => {
  const { digest } = await store.put('evidence');
  appendFileSync(store.path(digest), '!');
  await expect(store.get(digest)).rejects.toMatchObject({ code: 'digest-mismatch' });
  await store.put('evidence');
  expect((await store.get(digest)).toString()).toBe('evidence');
});

test('many writers of the same and of other blobs do not disturb each other', async () => {
  const stores = await Promise.all([1, 2, 3].map(() => openEvidenceStore(join(directory, 'blobs'))));
  const puts = stores.flatMap((each) =>
    Array.from({ length: 20 }, (_, index) => each.put(`blob ${index % 5}`)),
  );
  const digests = new Set((await Promise.all(puts)).map(({ digest }) => digest));
  expect(digests.size).toBe(5);
  for (const digest of digests) expect((await store.get(digest)).toString()).toMatch(/^blob \d$/);
  expect(left()).toEqual([]);
});

test('what is not there is not found, and what is no digest becomes no path', async () => {
  const absent = `sha256:${'0'.repeat(64)}`;
  expect(await store.has(absent)).toBe(false);
  await expect(store.get(absent)).rejects.toMatchObject({ code: 'not-found' });
  for (const wrong of [
    '',
    'sha256:../../etc/passwd',
    '0'.repeat(64),
    `sha256:${'A'.repeat(64)}`,
    `md5:${'0'.repeat(64)}`,
  ]) {
    expect(() => store.path(wrong)).toThrow(expect.objectContaining({ code: 'invalid-digest' }));
    await expect(store.get(wrong)).rejects.toMatchObject({ code: 'invalid-digest' });
  }
});

test('a file that cannot be read, and a stopped copy, leave nothing behind', async () => {
  await expect(store.putFile(join(directory, 'no'))).rejects.toMatchObject({ code: 'ENOENT' });
  writeFileSync(join(directory, 'file'), randomBytes(1 << 20));
  await expect(store.putFile(join(directory, 'file'), AbortSignal.abort())).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(left()).toEqual([]);
});
