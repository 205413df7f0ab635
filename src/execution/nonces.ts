// Which authorizations this worker has begun with, and which of them are spent. Files in its data directory, so that a
// restart knows, and so that workers that share the directory know of each other.
//
// BullMQ may start one job twice, when a worker was killed or lost its lock: what was begun and not ended may begin again.
// What has ended is spent, and its answer lies here: the queue may not have heard of it.
import { randomUUID } from 'node:crypto';
import { access, link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../evidence/sync-directory.ts';
import type { Authorization, Permit } from './authorization.ts';
import { ExecutionError } from './execution-error.ts';

/** ms beyond `notAfter` for which an answer is kept: as long as a queue keeps a job, it may ask for it. */
const keptMs = 7 * 24 * 60 * 60_000;

/** What is kept of an authorization. */
export type Spendable = Pick<Authorization, 'nonce' | 'notAfter'>;

export interface Nonces {
  /** The answer with which the gate of this authorization ended here; null while it did not. */
  answerOf(authorization: Spendable): Promise<string | null>;
  /**
   * Notes, on the disk, that a gate begins with it; resolves with whether one had begun before and was cut off. Throws
   * ExecutionError `authorization-spent` when one has ended.
   */
  begin(permit: Permit): Promise<boolean>;
  /** Throws ExecutionError `authorization-spent` unless it was begun here and has not ended. */
  requireBegun(permit: Permit): Promise<void>;
  /**
   * Spends it: keeps the answer, on the disk, and resolves with the one that counts. That is the first: workers that
   * share the directory may have ended it at the same time.
   */
  end(authorization: Spendable, answer: string): Promise<string>;
}

/** Opens the record in `directory`, and makes it (mode 0700) when it is not there. `now` in ms since the epoch. */
export async function openNonces(directory: string, now: () => number): Promise<Nonces> {
  await mkdir(directory, { recursive: true, mode: 0o700 });

  // The time stands in front, so that pruning needs to read no file. Both are checked forms: no part of a path is foreign.
  const path = ({ nonce, notAfter }: Spendable, state: 'begun' | 'ended') =>
    join(directory, `${Date.parse(notAfter)}-${nonce}.${state}`);

  async function prune(): Promise<void> {
    for (const name of await readdir(directory)) {
      const notAfter = /^(\d+)-/.exec(name)?.[1];
      if (notAfter !== undefined && Number(notAfter) + keptMs < now())
        await rm(join(directory, name), { force: true });
    }
  }

  return {
    async answerOf(authorization) {
      const file = path(authorization, 'ended');
      return (await exists(file)) ? readFile(file, 'utf8') : null;
    },
    async begin(permit) {
      await prune();
      const { run, gate, attempt } = permit;
      const isFirst = await writeNew(path(permit, 'begun'), JSON.stringify({ run, gate, attempt })).then(
        () => true,
        (error: unknown) => {
          unlessThere(error);
          return false;
        },
      );
      await syncDirectory(directory);
      if (await exists(path(permit, 'ended'))) throw spent(permit, 'its gate has ended');
      return !isFirst;
    },
    async requireBegun(permit) {
      if (await exists(path(permit, 'ended'))) throw spent(permit, 'its gate has ended');
      if (!(await exists(path(permit, 'begun')))) throw spent(permit, 'no gate has begun with it here');
    },
    async end(authorization, answer) {
      const draft = join(directory, `${Date.parse(authorization.notAfter)}-${randomUUID()}`);
      const file = path(authorization, 'ended');
      try {
        await writeNew(draft, answer);
        // A link never replaces: the first that ended it is the one that counts.
        await link(draft, file).catch(unlessThere);
      } finally {
        await rm(draft, { force: true });
      }
      await syncDirectory(directory);
      return readFile(file, 'utf8');
    },
  };
}

function spent({ run, gate, attempt, nonce }: Permit, why: string): ExecutionError {
  return new ExecutionError(
    'authorization-spent',
    `expected an authorization of ${run} ${gate} ${attempt} that is not spent, got ${nonce}: ${why}; an authorization holds once. If nobody has put this job on the queue again, start the run anew`,
  );
}

async function writeNew(file: string, text: string): Promise<void> {
  await using handle = await open(file, 'wx', 0o600);
  await handle.writeFile(text);
  await handle.sync();
}

function unlessThere(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    (error: unknown) => {
      // A record that cannot be read must not pass for one that says nothing.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
