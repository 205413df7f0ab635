import { cpSync, existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { z } from 'zod';

/**
 * A data directory of PGlite, as initdb leaves it: kept beside the installed packages, which decide what is in it. Made on
 * first use (3 s of CPU); copying it takes a fiftieth of that. Null where that place cannot be written.
 */
export async function keptCluster(): Promise<string | null> {
  const packageDirectory = dirname(dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite')));
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8')));
  const kept = join(dirname(dirname(packageDirectory)), '.cache', 'interlock', `pglite-${version}`);
  if (existsSync(kept)) return kept;
  const making = `${kept}.${process.pid}-${Date.now()}`;
  try {
    await mkdir(dirname(kept), { recursive: true });
    const database = await PGlite.create(making);
    await database.close();
    await rename(making, kept);
  } catch (error) {
    await rm(making, { recursive: true, force: true }).catch(() => undefined);
    // Somebody else may have been first, or the packages belong to another account.
    if (!existsSync(kept)) return isUnwritable(error) ? null : Promise.reject(error);
  }
  return kept;
}

/** Makes `directory`, which must not be there, an empty cluster. Leaves it to PGlite where none is kept. */
export async function placeCluster(directory: string): Promise<void> {
  const kept = await keptCluster();
  if (kept === null) return;
  const part = `${directory}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(dirname(part), { recursive: true });
  cpSync(kept, part, { recursive: true });
  await rename(part, directory);
}

function isUnwritable(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EACCES' || code === 'EROFS' || code === 'EPERM';
}
