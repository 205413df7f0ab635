import { describe, expect, it } from 'vitest';
import { newTotpSecret, readTotpSecret, stepOfCode } from '../../src/totp/totp.ts';

/** "12345678901234567890" of RFC 6238, appendix B. */
const ofTheRfc = readTotpSecret('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ') ?? newTotpSecret();

describe('a code of an authenticator app', () => {
  // The last six digits of the SHA-1 rows of appendix B.
  it.each([
    [59, '287082'],
    [1111111109, '081804'],
    [1111111111, '050471'],
    [1234567890, '005924'],
    [2000000000, '279037'],
  ])('at %d s is the one of RFC 6238', (seconds, code) => {
    expect(stepOfCode(ofTheRfc, code, seconds * 1000)).toBe(Math.floor(seconds / 30));
  });

  it.each([
    [-2, null],
    [-1, 0],
    [0, 0],
    [1, 0],
    [2, null],
  ])('is good %d steps from its own or not, and always names its own', (steps, own) => {
    const now = (1111111111 + steps * 30) * 1000;
    const step = Math.floor(1111111111 / 30);
    expect(stepOfCode(ofTheRfc, '050471', now)).toBe(own === null ? null : step);
  });

  it.each(['', '05047', '0504711', '050 471', 'abcdef', '٠٥٠٤٧١'])('is not %j', (code) => {
    expect(stepOfCode(ofTheRfc, code, 1111111111_000)).toBeNull();
  });
});

describe('the secret of an authenticator app', () => {
  it('is fresh every time, of 160 bits', () => {
    const made = Array.from({ length: 20 }, () => newTotpSecret().reveal());
    expect(new Set(made).size).toBe(20);
    for (const each of made) expect(each).toMatch(/^[A-Z2-7]{32}$/);
  });

  it('is read as apps and people write it', () => {
    expect(readTotpSecret('gezd gnbv gy3t qojq gezd gnbv gy3t qojq\n')?.reveal()).toBe(ofTheRfc.reveal());
    expect(readTotpSecret('GEZDGNBVGY3TQOJQGEZDGNBVGY======')?.reveal()).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY');
  });

  it.each([
    '',
    'GEZDGNBVGY3TQOJQGEZDGNBVG',
    'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ0',
    'not base 32 at all, is it?!',
  ])('is not %j', (text) => expect(readTotpSecret(text)).toBeNull());
});
