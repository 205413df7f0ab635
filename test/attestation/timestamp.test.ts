// Time stamps by openssl's own authority, and what must not pass for one.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Certificate, ContentInfo, SignedData, TimeStampResp } from 'pkijs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isStampOf, timestampQuery, verifyTimestamp } from '../../src/attestation/timestamp.ts';
import { requestTimestamp } from '../../src/control-plane/request-timestamp.ts';
import { startTimestampAuthority, type TimestampAuthority } from '../fixtures/timestamp-authority.ts';

const head = `sha256:${'ab'.repeat(32)}`;
const other = `sha256:${'cd'.repeat(32)}`;
const mismatch = expect.objectContaining({ code: 'timestamp-mismatch' });

let ec: TimestampAuthority;
let rsa: TimestampAuthority;
let der: Buffer;
beforeAll(async () => {
  [ec, rsa] = await Promise.all([startTimestampAuthority(), startTimestampAuthority({ key: 'rsa' })]);
  der = await ec.stamp(timestampQuery(head).der);
});
afterAll(async () => {
  await ec?.[Symbol.asyncDispose]();
  await rsa?.[Symbol.asyncDispose]();
});

/** The stamp with another certificate beside its signature. */
function signedBy(name: keyof TimestampAuthority['otherCertificates']): Buffer {
  const response = TimeStampResp.fromBER(new Uint8Array(der));
  const signed = new SignedData({ schema: response.timeStampToken?.content });
  signed.certificates = [Certificate.fromBER(new Uint8Array(ec.otherCertificates[name]))];
  response.timeStampToken = new ContentInfo({
    contentType: '1.2.840.113549.1.7.2',
    content: signed.toSchema(true),
  });
  return Buffer.from(response.toSchema().toBER());
}

describe('a time stamp', () => {
  it('is verified by the certificate that vouches for its authority, whichever keys that uses', async () => {
    for (const authority of [ec, rsa]) {
      const before = Date.now();
      const answer = await requestTimestamp(authority, head);
      if (!answer.ok) throw new Error(answer.reason);
      const { at, authority: name } = await verifyTimestamp(answer.der, head, authority.trusted);
      expect(name).toBe('CN=test tsa');
      // Whole seconds.
      expect(at.getTime()).toBeGreaterThanOrEqual(before - 1000);
      expect(at.getTime()).toBeLessThanOrEqual(Date.now());
      expect([isStampOf(answer.der, head), isStampOf(answer.der, other)]).toEqual([true, false]);
    }
  });

  it('is one that openssl verifies too', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'interlock-stamp-'));
    try {
      await Promise.all([
        writeFile(join(directory, 'head'), head),
        writeFile(join(directory, 'head.tsr'), der),
      ]);
      const args = ['ts', '-verify', '-data', 'head', '-in', 'head.tsr', '-CAfile', ec.caFile];
      const { stdout } = await promisify(execFile)('openssl', args, { cwd: directory });
      expect(stdout).toContain('Verification: OK');
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it('is refused for another text, another authority, another query, and as anything else', async () => {
    await expect(verifyTimestamp(der, other, ec.trusted)).rejects.toThrow(mismatch);
    await expect(verifyTimestamp(der, head, rsa.trusted)).rejects.toThrow(mismatch);
    await expect(verifyTimestamp(der, head, ec.trusted, timestampQuery(head).nonce)).rejects.toThrow(
      mismatch,
    );
    await expect(verifyTimestamp(der, head, 'no certificate')).rejects.toThrow(mismatch);
    for (const bytes of [Buffer.alloc(0), Buffer.from('{}'), der.subarray(0, -1), Buffer.alloc(500, 0x30)])
      await expect(verifyTimestamp(bytes, head, ec.trusted)).rejects.toThrow(mismatch);
  });

  it('is refused with another certificate in place of the one that it names, though its key and purpose are the same', async () => {
    await expect(verifyTimestamp(signedBy('twin'), head, ec.trusted)).rejects.toThrow(
      /that names the certificate/,
    );
  });

  it.each([
    ['for web servers', 'server'],
    ['for web servers too', 'both'],
    ['not bound to its purpose', 'loose'],
    ['whose key may not sign', 'unsigning'],
  ] as const)(
    'is refused by a certificate that is %s, though the same authority vouches for it',
    async (_, name) => {
      await expect(verifyTimestamp(signedBy(name), head, ec.trusted)).rejects.toThrow(/for time stamping/);
    },
  );

  it('says the same time with any byte of it changed, or is refused', async () => {
    const { at } = await verifyTimestamp(der, head, ec.trusted);
    let refused = 0;
    for (let position = 0; position < der.length; position += 7) {
      const changed = Buffer.from(der);
      changed.writeUInt8(changed.readUInt8(position) ^ 0x01, position);
      const said = await verifyTimestamp(changed, head, ec.trusted).catch((error: unknown) => {
        expect(error).toEqual(mismatch);
        return null;
      });
      if (said === null) refused += 1;
      else expect(said.at).toEqual(at);
    }
    expect(refused).toBeGreaterThan(der.length / 14);
  });
});

describe('an authority that does not help', () => {
  it.each<[string, TimestampAuthority['intercept'], RegExp]>([
    ['answers with an error', (_, response) => void response.writeHead(503).end(), /status 503/],
    ['answers with a page', (_, response) => void response.end('<html>hello</html>'), /something else/],
    ['answers without end', (_, response) => void response.end(Buffer.alloc(100_000)), /larger than/],
    ['hangs up', (request) => void request.socket.destroy(), /not reached/],
    [
      'answers with an earlier stamp of the same head',
      (_, response) => void response.end(der),
      /perhaps an old one/,
    ],
    [
      'sends elsewhere',
      (_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
      /not reached/,
    ],
  ])('%s: the reason is said, and nothing is thrown', async (_name, intercept, reason) => {
    ec.intercept = intercept;
    try {
      const answer = await requestTimestamp(ec, head);
      expect(answer).toEqual({ ok: false, reason: expect.stringMatching(reason) });
    } finally {
      ec.intercept = null;
    }
  });
});
