// Objects from one repository into another without `git fetch` and `git push`: those start a second git in the other
// repository, which obeys what is configured there.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { GitError } from './git-error.ts';
import { locateRepository } from './locate-repository.ts';
import { resolveCommit } from './resolve-commit.ts';
import { endOfGit, type GitCall, gitFailed, runGit, startGit } from './run-git.ts';
import { listEntries } from './tracked-files.ts';

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
  const wanted = [commit, ...(isShared ? [`^${without}`] : [])];
  const { unpack, code, stderr } = await sendPack(source, { cwd: to, signal }, wanted);
  if (code !== 0) throw gitFailed(unpack, { code, stderr });
}

/**
 * Holds the objects of a tree (full id), as far as `baseline` lacks them, against git's own rules, as a later `bringCommit` will.
 * Throws GitError `unsound-objects`, with git's words and the paths that they are about.
 */
export async function assertSoundObjects(
  tree: string,
  baseline: string,
  call: Pick<GitCall, 'cwd' | 'signal'>,
): Promise<void> {
  const { code, stderr } = await sendPack(call, call, [tree, `^${baseline}^{tree}`]);
  if (code === 0) return;
  const paths = (await listEntries(tree, call))
    .filter(({ blob }) => stderr.includes(blob))
    .map(({ path }) => path);
  throw new GitError(
    'unsound-objects',
    `expected files that git’s own check takes, got ${paths.join(', ') || 'others'}: ${stderr.trim().slice(0, 500)}`,
    { paths },
  );
}

/** The answer of the one that unpacks; throws when the other one fails. */
async function sendPack(from: GitCall, to: GitCall, wanted: readonly string[]) {
  const thin = wanted.length > 1 ? ['--thin'] : [];
  const pack = ['pack-objects', '--revs', '--stdout', '--quiet', '--delta-base-offset', ...thin];
  const unpack = ['index-pack', '--stdin', '--fix-thin', '--strict'];
  const packing = startGit(pack, from);
  const unpacking = startGit(unpack, to);
  packing.stdin.on('error', () => {});
  packing.stdin.end(wanted.map((each) => `${each}\n`).join(''));
  unpacking.stdout.resume();
  const [packed, packingSaid, unpacked, unpackingSaid] = await Promise.all([
    endOfGit(packing),
    text(packing.stderr),
    endOfGit(unpacking),
    text(unpacking.stderr),
    // Where one of the two ends early, its own exit code tells.
    pipeline(packing.stdout, unpacking.stdin).catch(() => unpacking.stdin.destroy()),
  ]);
  // One that refuses ends the other early.
  if (packed !== 0 && unpacked === 0) throw gitFailed(pack, { code: packed, stderr: packingSaid });
  return { unpack, code: unpacked, stderr: unpackingSaid };
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
