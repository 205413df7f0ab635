// Objects from one repository into another without `git fetch` and `git push`: those start a second git in the other
// repository, which obeys what is configured there.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { locateRepository } from './locate-repository.ts';
import { resolveCommit } from './resolve-commit.ts';
import { endOfGit, type GitCall, gitFailed, runGit, startGit } from './run-git.ts';

export interface BringCommit {
  /** Paths of repositories on this machine. */
  readonly from: string;
  readonly to: string;
  /** Full id. */
  readonly commit: string;
  /** A commit that `to` has with all that it leads to; objects that it leads to are left out. */
  readonly without: string | null;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Brings a commit and all that it leads to. No ref is written in either repository. Every object is checked on its way in, as
 * `fetch.fsckObjects` does. Throws GitError `unknown-commit` when `from` does not have the commit.
 */
export async function bringCommit({ from, to, commit, without, signal }: BringCommit): Promise<void> {
  await resolveCommit(from, commit, { signal });
  const source: GitCall = { cwd: from, signal };
  const isShared =
    without !== null && (await runGit(['cat-file', '-e', `${without}^{commit}`], source)).code === 0;
  const pack = ['pack-objects', '--revs', '--stdout', '--quiet', '--delta-base-offset'];
  const unpack = ['index-pack', '--stdin', '--fix-thin', '--strict'];
  const packing = startGit([...pack, ...(isShared ? ['--thin'] : [])], source);
  const unpacking = startGit(unpack, { cwd: to, signal });
  packing.stdin.on('error', () => {});
  packing.stdin.end(`${commit}\n${isShared ? `^${without}\n` : ''}`);
  unpacking.stdout.resume();
  const [packed, packingSaid, unpacked, unpackingSaid] = await Promise.all([
    endOfGit(packing),
    text(packing.stderr),
    endOfGit(unpacking),
    text(unpacking.stderr),
    // Where one of the two ends early, its own exit code tells.
    pipeline(packing.stdout, unpacking.stdin).catch(() => unpacking.stdin.destroy()),
  ]);
  if (packed !== 0) throw gitFailed(pack, { code: packed, stderr: packingSaid });
  if (unpacked !== 0) throw gitFailed(unpack, { code: unpacked, stderr: unpackingSaid });
}

/** Lets a repository of our own read the objects of another one, which it needs as long as it is used. */
export async function borrowObjects(from: string, to: string): Promise<void> {
  const { commonDirectory } = locateRepository(from);
  const borrower = locateRepository(to).commonDirectory;
  await mkdir(join(borrower, 'objects', 'info'), { recursive: true });
  await writeFile(join(borrower, 'objects', 'info', 'alternates'), `${join(commonDirectory, 'objects')}\n`);
  // History ends there in both, or git would look for parents that neither has.
  await copyFile(join(commonDirectory, 'shallow'), join(borrower, 'shallow')).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    },
  );
}
