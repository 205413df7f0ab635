import { describe, expect, it } from 'vitest';
import { signEnvelope } from '../../src/attestation/dsse.ts';
import { newSigningKeys, type SigningKey } from '../../src/attestation/keys.ts';
import type { TrustedWorker } from '../../src/config/trusted-workers.ts';
import { resultOpener } from '../../src/control-plane/open-result.ts';
import { jobDigest } from '../../src/gate/job.ts';
import { type Answer, resultType, signAnswer } from '../../src/gate/signed-result.ts';
import type { ResultError } from '../../src/run/result-error.ts';
import { gateState } from '../../src/run/state.ts';
import { stateAtSigning } from '../fixtures/run-events.ts';
import { unsignedJob } from '../fixtures/signed-job.ts';

const noon = Date.parse('2026-05-21T12:00:00.000Z');
const run = stateAtSigning();
const gate = gateState(run, 'promote');
const asked = jobDigest(unsignedJob(run, 'promote', gate.attempt));
const [own, second, stranger] = [newSigningKeys(), newSigningKeys(), newSigningKeys()].map(
  ({ signing }) => signing,
) as [SigningKey, SigningKey, SigningKey];

function trusted(key: SigningKey, more: Partial<TrustedWorker> = {}): TrustedWorker {
  const { publicKey, keyId } = key;
  const bounds = { validAfter: null, validBefore: null };
  return {
    name: 'build-1',
    key: { key: publicKey, keyId, ...bounds },
    roles: ['ssot'],
    machine: 'mac-ssot',
    ...more,
  };
}

const { result } = gate;
if (!result) throw new Error('expected the promote to have ended');
const answer: Answer = {
  run: run.runId,
  gate: 'promote',
  attempt: gate.attempt,
  jobDigest: asked,
  nonce: '0'.repeat(32),
  machine: 'mac-ssot',
  result: { ...result, machine: 'mac-ssot' },
};

const workers = [trusted(own), trusted(second, { name: 'deploy-1', roles: ['deploy'] })];
const open = (value: unknown, among = workers) => resultOpener(among, () => noon)(run, gate, asked, value);

function errorOf(value: unknown, among = workers): ResultError | null {
  try {
    open(value, among);
    return null;
  } catch (error) {
    return error as ResultError;
  }
}

const other = `sha256:${'f'.repeat(64)}`;
const withBounds = (bounds: object) => [trusted(own, { key: { ...trusted(own).key, ...bounds } })];

describe('a result from the queue', () => {
  it('is believed when a worker of the role has signed it for exactly this job', () => {
    expect(open(signAnswer(answer, own))).toEqual(answer.result);
  });

  it.each<[string, () => unknown]>([
    ['bears no signature', () => answer.result],
    ['is nothing', () => null],
    ['is some text', () => 'promoted, trust me'],
    ['is signed by a stranger', () => signAnswer(answer, stranger)],
    ['is signed by a worker of another role', () => signAnswer(answer, second)],
    [
      'was altered after it was signed',
      () => {
        const { payload, ...rest } = JSON.parse(signAnswer(answer, own));
        const text = Buffer.from(payload, 'base64').toString().replace('"pass"', '"fail"');
        return JSON.stringify({ payload: Buffer.from(text).toString('base64'), ...rest });
      },
    ],
    [
      'bears the signature of something else',
      () => JSON.stringify(signEnvelope('text/plain', JSON.stringify(answer), own)),
    ],
    [
      'names a trusted key that has not signed it',
      () => signAnswer(answer, { ...stranger, keyId: own.keyId }),
    ],
  ])('is not believed when it %s, and the sentence says what to do', (_, forge) => {
    const error = errorOf(forge());
    expect(error).toMatchObject({ name: 'ResultError', code: 'result-not-signed' });
    expect(error?.message).toContain('interlock keys worker');
    expect(error?.message).not.toContain('trust me');
  });

  it.each<[string, Partial<Answer>]>([
    ['another run', { run: 'r2' }],
    ['another gate', { gate: 'stage' }],
    ['another attempt', { attempt: 2 }],
    ['another job', { jobDigest: other }],
  ])('is not believed when it is signed over %s', (_, change) => {
    expect(errorOf(signAnswer({ ...answer, ...change }, own))?.code).toBe('result-of-another-job');
  });

  it('is not believed from another machine than the key is trusted for', () => {
    const elsewhere = { ...answer, machine: 'laptop', result: { ...answer.result, machine: 'laptop' } };
    expect(errorOf(signAnswer(elsewhere, own))?.code).toBe('result-of-another-machine');
    expect(errorOf(signAnswer(elsewhere, own), [trusted(own, { machine: null })])).toBeNull();
  });

  it.each<[string, object]>([
    ['has another gate inside', { result: { ...answer.result, gate: 'stage' } }],
    ['has another machine inside', { result: { ...answer.result, machine: 'laptop' } }],
    ['lacks a part', { result: {} }],
  ])('is unreadable when a trusted worker has signed one that %s', (_, change) => {
    const body = JSON.stringify({ ...answer, ...change });
    const envelope = JSON.stringify(signEnvelope(resultType, body, own));
    expect(errorOf(envelope)?.code).toBe('result-unreadable');
  });

  it('is believed only within the time that the key’s file names', () => {
    const envelope = signAnswer(answer, own);
    expect(errorOf(envelope, withBounds({ validBefore: new Date(noon + 1) }))).toBeNull();
    expect(errorOf(envelope, withBounds({ validBefore: new Date(noon) }))?.code).toBe('result-not-signed');
    expect(errorOf(envelope, withBounds({ validAfter: new Date(noon + 1) }))?.code).toBe('result-not-signed');
  });
});
