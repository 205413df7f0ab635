// Our own files are on the disk when we say so: flushed before they get their name, and their directory after.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newSigningKeys, writeKeyFile } from '../../src/attestation/keys.ts';
import { openEvidenceStore } from '../../src/evidence/store.ts';
import { type Permit, signAuthorization, verifyAuthorization } from '../../src/execution/authorization.ts';
import { openNonces } from '../../src/execution/nonces.ts';
import { createDirectoryPublisher } from '../../src/report/publish-directory.ts';
import { traceSync } from '../fixtures/traced-sync.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-own-files-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const without = (uuids: readonly string[]) =>
  uuids.map((each) => each.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, 'ID'));

describe('on the disk when it is said to be', () => {
  const notAfter = '2026-05-21T13:00:00.000Z';
  const nonce = 'a'.repeat(32);
  const named = (state: string) => `${Date.parse(notAfter)}-${nonce}.${state}`;

  function permit(): Permit {
    const { signing } = newSigningKeys();
    const digest = `sha256:${'a'.repeat(64)}`;
    const authorization = {
      ...{ nonce, run: 'r1', gate: 'promote', attempt: 1, mode: 'LIVE' as const, planDigest: digest },
      ...{ jobDigest: digest, subjectDigest: null, approvers: [], hosts: ['contabo'] },
      ...{ notBefore: '2026-05-21T12:00:00.000Z', notAfter },
    };
    const envelope = signAuthorization(authorization, signing);
    return verifyAuthorization(envelope, [signing.publicKey], authorization, Date.parse(notAfter));
  }

  it('is that a gate has begun with an authorization', async () => {
    const nonces = await openNonces(directory, () => Date.parse(notAfter));
    using traced = await traceSync(directory, () => join(directory, named('begun')));
    await nonces.begin(permit());
    expect(traced.synced).toEqual([`${named('begun')}, named`, `${directory}, named`]);
  });

  it('is the answer with which it ended, before the record says that it has', async () => {
    const nonces = await openNonces(directory, () => Date.parse(notAfter));
    using traced = await traceSync(directory, () => join(directory, named('ended')));
    await nonces.end({ nonce, notAfter }, 'the answer');
    expect(without(traced.synced)).toEqual([`${Date.parse(notAfter)}-ID`, `${directory}, named`]);
    expect(await readdir(directory)).toEqual([named('ended')]);
  });

  it('is evidence, before its digest names it, and its name', async () => {
    const store = await openEvidenceStore(directory);
    const { digest } = await (await openEvidenceStore(join(directory, 'other'))).put('the bytes');
    using traced = await traceSync(directory, () => store.path(digest));
    await store.put('the bytes');
    const hex = digest.slice('sha256:'.length);
    expect(without(traced.synced)).toEqual(['incoming/ID', `sha256/${hex.slice(0, 2)}, named`]);
  });

  it('is a key', async () => {
    const path = join(directory, 'key.pem');
    using traced = await traceSync(directory, () => path);
    await writeKeyFile(path, 'a key', 0o600);
    expect(traced.synced).toEqual(['key.pem, named']);
  });

  it('is each document of a report, before it is shown as the current one, and the folders that name it', async () => {
    const current = join(directory, 'reports', '01-precheck.md');
    using traced = await traceSync(directory, () => current);
    const markdown = '---\nid: "O8B-01"\nrevision: 0\n---\n\n# Precheck\n';
    const publisher = createDirectoryPublisher({ root: directory, folder: 'reports' });
    await publisher.publish([{ name: '01-precheck.md', title: 'Precheck', markdown }]);
    expect(without(traced.synced)).toEqual([
      'reports/revisions/01-precheck.r1.md.ID.part',
      'reports/revisions',
      'reports/01-precheck.md.ID.part',
      `${directory}, named`,
      'reports, named',
    ]);
  });
});
