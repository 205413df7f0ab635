import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { libpqEnvironment } from '../live/libpq-environment.ts';
import { PRODUCTION_TABLES } from '../live/production-tables.ts';
import { Refusal } from '../phases/refusal.ts';
import type { Backup, BackupReceipt } from './backup.ts';
import { encryptTo, type Keyring, requireUsableKey } from './gpg.ts';
import { requireFingerprint } from './require-fingerprint.ts';
import { pipePrograms } from './run-programs.ts';

export interface EncryptedDumpSettings extends Keyring {
  /** Of the database that the adapter writes to. */
  readonly dsn: string;
  /** OpenPGP fingerprint of the key that the dump is encrypted to. Its private half has no business on this machine. */
  readonly recipient: string;
  /** Folder that the dumps are kept in; it has to be there. */
  readonly directory: string;
}

/**
 * Dumps the production tables with `pg_dump`, through `gpg` and into a file: what lies on the disk is never readable here. The file is
 * complete or not there.
 */
export class EncryptedDump implements Backup {
  readonly recipient: string;
  readonly #settings: EncryptedDumpSettings;

  /** @throws Refusal `backup-not-provisioned` without a full fingerprint */
  constructor(settings: EncryptedDumpSettings) {
    this.recipient = requireFingerprint(settings.recipient);
    this.#settings = settings;
  }

  async requireReady(): Promise<void> {
    await requireUsableKey(this.recipient, this.#settings);
  }

  async take(cutId: string): Promise<BackupReceipt> {
    const { dsn, directory } = this.#settings;
    if (!/^[\w.-]{1,100}$/.test(cutId)) throw failed('a cut whose id can be part of a file name', cutId);
    const env = libpqEnvironment(dsn);
    const part = join(directory, `.${cutId}.${randomUUID()}.part`);
    try {
      const digest = await this.#dump(env, part);
      // The digest is part of the name: no backup ever takes the place of another.
      const place = join(directory, `${cutId}-${digest.slice(0, 16)}.dump.gpg`);
      await rename(part, place);
      await sync(await open(directory));
      return { place, digest };
    } catch (cause) {
      await rm(part, { force: true });
      throw failed(
        `an encrypted dump in ${directory}`,
        cause instanceof Error ? cause.message : 'none',
        cause,
      );
    }
  }

  async #dump(env: Record<string, string>, part: string): Promise<string> {
    const file = await open(part, 'wx', 0o600);
    try {
      const hash = createHash('sha256');
      const output = new Writable({
        write: (chunk: Buffer, _, next) => {
          hash.update(chunk);
          file.appendFile(chunk).then(() => next(), next);
        },
      });
      await pipePrograms({ command: 'pg_dump', args: DUMP, env }, encryptTo(this.recipient, this.#settings), {
        output,
      });
      await file.sync();
      return hash.digest('hex');
    } finally {
      await file.close();
    }
  }
}

const DUMP = [
  ...['--format=custom', '--no-password', '--no-owner', '--no-privileges', '--strict-names'],
  ...PRODUCTION_TABLES.map((table) => `--table=${table}`),
];

async function sync(folder: FileHandle): Promise<void> {
  await folder.sync().finally(() => folder.close());
}

function failed(expected: string, got: string, cause?: unknown): Refusal {
  return new Refusal('backup-failed', `expected ${expected}, got ${got}. Nothing was written.`, { cause });
}
