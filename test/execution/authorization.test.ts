import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initKeys, type SigningKeys } from '../../src/attestation/keys.ts';
import {
  type Authorization,
  requireCurrent,
  requireNamed,
  signAuthorization,
  verifyAuthorization,
} from '../../src/execution/authorization.ts';

const noon = Date.parse('2026-05-21T12:00:00.000Z');
const digest = `sha256:${'a'.repeat(64)}`;
const authorization: Authorization = {
  nonce: '0123456789abcdef0123456789abcdef',
  run: 'o8b-retry-abc123',
  gate: 'promote',
  attempt: 1,
  mode: 'LIVE',
  planDigest: digest,
  jobDigest: digest,
  subjectDigest: digest,
  approvers: ['U0ALICE'],
  hosts: ['contabo'],
  notBefore: '2026-05-21T11:59:00.000Z',
  notAfter: '2026-05-21T12:30:00.000Z',
};
let directory: string;
let keys: SigningKeys;
let others: SigningKeys;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-authorization-'));
  keys = await initKeys(join(directory, 'ours'));
  others = await initKeys(join(directory, 'others'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const verify = (envelope: string, claimed: Partial<Authorization> = {}, now = noon) =>
  verifyAuthorization(envelope, [keys.signing.publicKey], { ...authorization, ...claimed }, now);

function codeOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return typeof error === 'object' && error !== null && 'code' in error ? error.code : error;
  }
  return 'accepted';
}

describe('an authorization', () => {
  it('is accepted as signed', () => {
    expect(verify(signAuthorization(authorization, keys.signing)).run).toBe(authorization.run);
  });

  it('is refused when there is none, or another key signed it', () => {
    expect(codeOf(() => verify(''))).toBe('unauthorized');
    expect(codeOf(() => verify(signAuthorization(authorization, others.signing)))).toBe('unauthorized');
  });

  it.each([
    ['another run', { run: 'o8b-retry-zzz999' }],
    ['another gate', { gate: 'stage' }],
    ['another attempt', { attempt: 2 }],
    ['another mode', { mode: 'DRYRUN' }],
    ['another plan', { planDigest: `sha256:${'b'.repeat(64)}` }],
    ['another job', { jobDigest: `sha256:${'b'.repeat(64)}` }],
  ] as const)('is refused for %s', (_, claimed) => {
    expect(codeOf(() => verify(signAuthorization(authorization, keys.signing), claimed))).toBe(
      'authorization-foreign',
    );
  });

  it('is refused before and after its time, at verification and at every use', () => {
    const envelope = signAuthorization(authorization, keys.signing);
    const late = Date.parse(authorization.notAfter) + 1;
    expect(codeOf(() => verify(envelope, {}, late))).toBe('authorization-expired');
    expect(codeOf(() => verify(envelope, {}, Date.parse(authorization.notBefore) - 1))).toBe(
      'authorization-expired',
    );
    expect(codeOf(() => requireCurrent(verify(envelope), late))).toBe('authorization-expired');
  });

  it('is accepted at the first and at the last instant of its time', () => {
    const envelope = signAuthorization(authorization, keys.signing);
    for (const bound of [authorization.notBefore, authorization.notAfter])
      expect(verify(envelope, {}, Date.parse(bound)).run).toBe(authorization.run);
  });

  it('says why it is not believed, and which machines it names', () => {
    expect(() => verify('')).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ code: 'malformed-envelope' }) }),
    );
    const permit = verify(signAuthorization(authorization, keys.signing));
    expect(() => requireNamed(permit, 'db-1')).toThrow('may change (contabo), got db-1');
    expect(() => requireNamed({ ...permit, hosts: [] }, 'db-1')).toThrow('may change (none), got db-1');
  });

  it('is refused with any one character changed', () => {
    const envelope = signAuthorization(authorization, keys.signing);
    fc.assert(
      fc.property(fc.nat(envelope.length - 1), fc.constantFrom(...'AZaz09+/="{}:,'), (at, character) => {
        fc.pre(envelope[at] !== character);
        const altered = `${envelope.slice(0, at)}${character}${envelope.slice(at + 1)}`;
        expect(codeOf(() => verify(altered))).toBe('unauthorized');
      }),
    );
  });
});
