import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EncryptedDump } from '../../src/backup/encrypted-dump.ts';
import { requireFingerprint } from '../../src/backup/require-fingerprint.ts';

const FULL = '0123456789ABCDEF0123456789ABCDEF01234567';

test('a full fingerprint is taken as gpg prints it', () => {
  assert.equal(requireFingerprint(FULL), FULL);
  assert.equal(requireFingerprint('0123 4567 89ab cdef 0123  4567 89ab cdef 0123 4567'), FULL);
  assert.equal(requireFingerprint('a'.repeat(64)), 'A'.repeat(64));
});

test('everything else is refused', () => {
  const others = [FULL.slice(-16), FULL.slice(1), `${FULL}0`, `0x${FULL.slice(2)}`, `${FULL}!`];
  for (const given of [undefined, '', ' ', 'ops@example.invalid', ...others]) {
    assert.throws(
      () => requireFingerprint(given),
      { name: 'Refusal', code: 'backup-not-provisioned' },
      given,
    );
  }
});

test('there is no dump without one', () => {
  const settings = { dsn: 'postgres:///iu', directory: '/nowhere', recipient: '' };
  assert.throws(() => new EncryptedDump(settings), { code: 'backup-not-provisioned' });
});
