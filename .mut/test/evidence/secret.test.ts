import { format, inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from '../../src/evidence/secret.ts';

const secret = new Secret('s3cr3t-value');

test.each<[string, () => string]>([
  ['a template', () => `${secret}`],
  ['concatenation', () => `${'x'}${String(secret)}`],
  ['String()', () => String(secret)],
  ['JSON', () => JSON.stringify({ a: [secret] })],
  ['inspection', () => inspect({ deep: { secret } }, { depth: 9, showHidden: true })],
  ['console formats', () => format('%s %o %O %j', secret, secret, secret, secret)],
  ['its keys', () => JSON.stringify([Object.entries(secret), Object.getOwnPropertyNames(secret)])],
  ['a structured clone', () => inspect(structuredClone({ ...secret }))],
  ['an error’s cause', () => inspect(new Error('x', { cause: secret }))],
])('a secret does not show in %s', (_, show) => {
  expect(show()).not.toContain('s3cr3t');
});

test('only reveal gives it', () => {
  expect(secret.reveal()).toBe('s3cr3t-value');
});

test('a kind that could be the secret itself is refused without being shown', () => {
  expect(() => new Secret('password', 'My S3cr3t!')).toThrow(expect.not.stringContaining('S3cr3t'));
});
