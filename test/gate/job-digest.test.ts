// What an authorization and an answer are signed over is the whole job: no field of it can be another one.
import { describe, expect, it } from 'vitest';
import { newSigningKeys } from '../../src/attestation/keys.ts';
import { claimedBy, jobDigest } from '../../src/gate/job.ts';
import { readAnswer, signAnswer } from '../../src/gate/signed-result.ts';
import { mutationsOf } from '../fixtures/mutations-of.ts';
import { stateAtSigning } from '../fixtures/run-events.ts';
import { unsignedJob } from '../fixtures/signed-job.ts';

const run = stateAtSigning();
const job = {
  ...unsignedJob(run, 'promote'),
  revokes: [{ nonce: 'a'.repeat(32), notAfter: '2026-05-21T13:00:00.000Z' }],
};

describe('the digest of a job', () => {
  it('is another one for every other value in it', () => {
    const digest = jobDigest(job);
    let tried = 0;
    for (const { path, value } of mutationsOf(job)) {
      tried += 1;
      expect(jobDigest(value as typeof job), path.join('/')).not.toBe(digest);
    }
    expect(tried).toBeGreaterThan(200);
    for (const field of Object.keys(job)) {
      const { [field as keyof typeof job]: _, ...without } = job;
      expect(jobDigest(without as typeof job), field).not.toBe(digest);
    }
  });

  it('does not depend on the authorization over it', () => {
    expect(jobDigest({ ...job, authorization: 'a' })).toBe(jobDigest({ ...job, authorization: 'b' }));
    expect(claimedBy({ ...job, authorization: 'a' }).jobDigest).toBe(jobDigest(job));
  });
});

describe('an answer', () => {
  it('is read as it was signed, and as no other', () => {
    const { signing } = newSigningKeys();
    const result = run.gates.find(({ gate }) => gate.kind === 'promote')?.result;
    if (!result) throw new RangeError('expected a result');
    const answer = {
      ...{ run: 'r1', gate: 'promote', attempt: 1, jobDigest: jobDigest(job), nonce: 'a'.repeat(32) },
      ...{ machine: 'mac-ssot', result },
    };
    const envelope = signAnswer(answer, signing);
    expect(readAnswer(envelope, [signing.publicKey])).toEqual({ keyId: signing.keyId, answer });
    expect(() => readAnswer(envelope, [newSigningKeys().signing.publicKey])).toThrow(
      expect.objectContaining({ code: 'unknown-key' }),
    );
  });
});
