import ssh2 from 'ssh2';
import { expect, test } from 'vitest';
import { generateSshKeyPair } from '../../src/demo/ssh-key-pair.ts';
import {
  algorithmsFor,
  fingerprintOf,
  keyTypeOf,
  matchesPin,
  parseHostKeyPin,
} from '../../src/host/host-key.ts';

const line = (key: string): string => key.split(' ').slice(0, 2).join(' ');
const ed25519 = line(generateSshKeyPair().publicKey);
const ecdsa = line(ssh2.utils.generateKeyPairSync('ecdsa', { bits: 384 }).public);
const blobOf = (key: string): Buffer => Buffer.from(key.split(' ')[1] ?? '', 'base64');

test('reads a public key line, a fingerprint, and both together', () => {
  const fingerprint = fingerprintOf(blobOf(ed25519));
  expect(parseHostKeyPin(ed25519)).toEqual({ type: 'ssh-ed25519', fingerprint });
  expect(parseHostKeyPin(`  ${ed25519} root@web-1\n`)).toEqual({ type: 'ssh-ed25519', fingerprint });
  expect(parseHostKeyPin(fingerprint)).toEqual({ fingerprint });
  expect(parseHostKeyPin(`${ed25519} ${fingerprint}`)).toEqual({ type: 'ssh-ed25519', fingerprint });
});

test('computes the fingerprint that ssh-keygen -l prints', () => {
  // GitHub's published ed25519 host key and fingerprint.
  const github = 'AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';
  const fingerprint = 'SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU';
  expect(parseHostKeyPin(`ssh-ed25519 ${github} ${fingerprint}`)).toEqual({
    type: 'ssh-ed25519',
    fingerprint,
  });
});

test('refuses what pins nothing', () => {
  const wrong = [
    '',
    'any',
    'SHA256:short',
    'MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48',
    'ssh-ed25519',
    'ssh-ed25519 AAAA',
    `ssh-ed25519 ${blobOf(ecdsa).toString('base64')}`,
    `${ed25519} ${fingerprintOf(blobOf(ecdsa))}`,
    `ssh-dss ${blobOf(ed25519).toString('base64')}`,
  ];
  for (const each of wrong)
    expect(() => parseHostKeyPin(each)).toThrow(expect.objectContaining({ code: 'usage' }));
});

test('matches the pinned key alone', () => {
  for (const pin of [parseHostKeyPin(ecdsa), parseHostKeyPin(fingerprintOf(blobOf(ecdsa)))]) {
    expect(matchesPin(pin, blobOf(ecdsa))).toBe(true);
    expect(matchesPin(pin, blobOf(ed25519))).toBe(false);
    expect(matchesPin(pin, Buffer.alloc(0))).toBe(false);
  }
});

test('asks the server for the pinned type first, and never for SHA-1 signatures', () => {
  expect(algorithmsFor(parseHostKeyPin(ecdsa))[0]).toBe('ecdsa-sha2-nistp384');
  expect(algorithmsFor(parseHostKeyPin(ed25519))[0]).toBe('ssh-ed25519');
  expect(algorithmsFor(parseHostKeyPin(ecdsa))).not.toContain('ssh-rsa');
});

test('reads no type out of what is no key', () => {
  for (const bytes of ['', 'ab', '\xff\xff\xff\xff', '\0\0\0\x09abc']) {
    expect(keyTypeOf(Buffer.from(bytes, 'latin1'))).toBe('');
  }
});
