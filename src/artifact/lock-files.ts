// What a git command that died leaves in a repository: a lock file, behind which nobody can move the branch any more.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { locateRepository } from './locate-repository.ts';

export interface Patience {
  /** ms for which a command that is at work may go on. */
  readonly waits?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Absolute paths of the lock files that are in the way of a branch, of HEAD and of the index, once those of commands at work are
 * gone. Throws GitError `not-a-repository`.
 */
export async function lockFiles(
  repository: string,
  branch: string,
  { waits = 2_000, signal }: Patience = {},
): Promise<string[]> {
  const { gitDirectory, commonDirectory } = locateRepository(repository);
  const paths = [
    ...['index.lock', 'HEAD.lock'].map((name) => join(gitDirectory, name)),
    ...[`refs/heads/${branch}.lock`, 'packed-refs.lock'].map((name) => join(commonDirectory, name)),
  ];
  const present = () => paths.filter((path) => existsSync(path));
  for (let waited = 0; waited < waits && present().length > 0; waited += 100)
    await delay(100, undefined, { signal });
  return present();
}
