import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { libpqEnvironment } from '../live/libpq-environment.ts';
import { Refusal } from '../phases/refusal.ts';
import type { BackupReceipt } from './backup.ts';
import { decrypt, type Keyring } from './gpg.ts';
import { pipePrograms } from './run-programs.ts';

/**
 * Restores a backup into an empty database, where the private key is. It never replaces anything: tables that are there already make
 * PostgreSQL refuse the whole of it, in one transaction.
 * @param dsn of the empty database
 * @throws Refusal `backup-altered` when the file is not the one that was recorded; Error with what gpg or pg_restore said
 */
export async function restoreDump(
  { place, digest }: BackupReceipt,
  dsn: string,
  keyring: Keyring = {},
): Promise<void> {
  const env = libpqEnvironment(dsn);
  const hash = createHash('sha256');
  await pipeline(createReadStream(place), hash);
  const found = hash.digest('hex');
  if (found !== digest) {
    throw new Refusal(
      'backup-altered',
      `expected ${place} with digest ${digest}, got ${found}. Use another backup.`,
    );
  }
  const args = [
    ...['--no-password', '--no-owner', '--no-privileges', '--single-transaction', '--exit-on-error'],
    `--dbname=${env['PGDATABASE'] ?? ''}`,
  ];
  const input = createReadStream(place);
  await pipePrograms(decrypt(keyring), { command: 'pg_restore', args, env }, { input });
}
