import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { LedgerError } from './ledger-error.ts';

const SQLITE_BUSY = 5;
const holderSchema = z.object({ pid: z.number().int(), host: z.string(), since: z.string() });

/**
 * Takes the exclusive lock of a data directory; returns the function that frees it.
 *
 * The lock is an open exclusive SQLite transaction on `lock.db`, that is: a kernel file lock. The kernel frees it
 * when its process ends in any way, so no stale lock can exist, no pid is compared, and processes in different
 * containers on one volume exclude each other. `holder.json` beside it only tells people who holds it.
 * @throws LedgerError `data-directory-in-use`, naming the holder's pid
 */
export function lockDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const holderFile = join(directory, 'holder.json');
  const lock = new DatabaseSync(join(directory, 'lock.db'));
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    if (!isBusy(cause)) throw cause;
    throw new LedgerError(
      'data-directory-in-use',
      `expected the data directory ${directory} to be free, got it held by ${readHolder(holderFile)}; ` +
        'stop that process, name another directory, or use DATABASE_URL and REDIS_URL to share',
      { cause },
    );
  }
  const holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
  writeFileSync(holderFile, `${JSON.stringify(holder)}\n`);
  return () => {
    // lock.db itself stays: removing it would let a second process lock a new file of the same name.
    rmSync(holderFile, { force: true });
    lock.close();
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

function readHolder(file: string): string {
  try {
    const holder = holderSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    return `pid ${holder.pid} on ${holder.host} since ${holder.since}`;
  } catch {
    return 'another process (it has not written its pid yet)';
  }
}
