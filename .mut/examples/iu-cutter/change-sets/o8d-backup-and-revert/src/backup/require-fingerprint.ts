import { Refusal } from '../phases/refusal.ts';

/**
 * The fingerprint of a key in full, as 40 hexadecimal digits (version 4) or 64 (version 5); blanks between them are fine. A key id or a
 * mail address is refused: others can make a key that has it too.
 * @throws Refusal `backup-not-provisioned`
 */
export function requireFingerprint(given: string | undefined): string {
  const fingerprint = (given ?? '').replaceAll(' ', '').toUpperCase();
  if (/^(?:[0-9A-F]{40}|[0-9A-F]{64})$/.test(fingerprint)) return fingerprint;
  const got = given ? `${fingerprint.length} characters of something else` : 'none';
  throw new Refusal(
    'backup-not-provisioned',
    `expected the full fingerprint of a backup key, got ${got}. Provision one.`,
  );
}
