import { open } from 'node:fs/promises';

/** Brings the names in a directory to the disk: a new or renamed file is there only when its directory is. */
export async function syncDirectory(directory: string): Promise<void> {
  await using handle = await open(directory, 'r');
  await handle.sync();
}
