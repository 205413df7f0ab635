// The staging directory, read once: what the survey keeps of it is all that later gates know.
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { GateStop } from './context.ts';

export interface StagedFile {
  readonly path: string;
  readonly content: Buffer;
  readonly mode: '100644' | '100755';
}

/** Every file, in the order of their paths. Throws GateStop `no-change-set`, and `not-a-file` for a link, a pipe or a device. */
export async function readStaging(directory: string): Promise<StagedFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(
    (cause: unknown) => {
      throw new GateStop(
        'blocked',
        'no-change-set',
        `expected the staged change set in ${directory}, got no readable directory`,
        { cause },
      );
    },
  );
  const files: StagedFile[] = [];
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const absolute = join(entry.parentPath, entry.name);
    const path = relative(directory, absolute);
    if (!entry.isFile()) throw notAFile(path);
    files.push({ path, ...(await readFileOnly(absolute, path)) });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** It may have become a link since it was listed, which is not followed, or a pipe, which is not waited for. */
async function readFileOnly(absolute: string, path: string): Promise<Omit<StagedFile, 'path'>> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(absolute, flags).catch((cause: unknown) => {
    throw notAFile(path, cause);
  });
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw notAFile(path);
    return { content: await handle.readFile(), mode: (found.mode & 0o100) === 0 ? '100644' : '100755' };
  } finally {
    await handle.close();
  }
}

function notAFile(path: string, cause?: unknown): GateStop {
  return new GateStop('fail', 'not-a-file', `expected readable plain files in the change set, got ${path}`, {
    cause,
  });
}
