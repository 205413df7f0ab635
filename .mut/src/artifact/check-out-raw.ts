// Blobs written as files, byte for byte: git's own checkout would convert them as the attributes of the tree say.
import { constants } from 'node:fs';
import { lstat, mkdir, open, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ArtifactError } from './artifact-error.ts';
import { findGitDirectory } from './git-directory-name.ts';
import { readBlobs } from './read-blobs.ts';
import type { GitOptions } from './resolve-commit.ts';
import { listTracked } from './tracked-files.ts';

/**
 * Writes every file and link of a tree (full id) of `repo` into `directory`, in which none of them may be. Links come last, so
 * that nothing is written through one, and what is there already is never followed or written over. Throws ArtifactError
 * `unsafe-path` (out of the tree, or into a `.git`), `unsupported-entry` (a submodule), `unwritable`; GitError.
 */
export async function checkOutRaw(
  repo: string,
  tree: string,
  directory: string,
  options: GitOptions = {},
): Promise<void> {
  const call = { cwd: repo, ...options };
  const entries = await listTracked(tree, call);
  const paths = entries.map(({ path }) => path);
  const unsafe = paths.find((path) => /(?:^|\/)(?:\.{0,2})(?:\/|$)/.test(path)) ?? findGitDirectory(paths);
  if (unsafe !== undefined)
    throw new ArtifactError(
      'unsafe-path',
      `expected paths within the tree, and none into a .git, got ${unsafe}`,
      {
        paths: [unsafe],
      },
    );

  const folders = new Set([directory]);
  await assertFolder(directory, '');
  const blobs = readBlobs(
    entries.map(({ blob }) => blob),
    call,
  );
  const links: { readonly path: string; readonly target: Buffer }[] = [];
  try {
    for (const { path, mode } of entries) {
      await makeFolders(directory, path, folders);
      const { content } = await blobs.next();
      if (mode === '120000') links.push({ path, target: await buffer(content) });
      else await writeNew(join(directory, path), path, content, mode === '100755' ? 0o755 : 0o644);
    }
  } finally {
    await blobs.close();
  }
  for (const { path, target } of links) {
    await symlink(target, join(directory, path)).catch(unwritable(path));
  }
}

/** One by one from the top, since `mkdir -p` would walk through a link. */
async function makeFolders(root: string, path: string, known: Set<string>): Promise<void> {
  const missing: string[] = [];
  for (let folder = dirname(path); folder !== '.' && !known.has(folder); folder = dirname(folder))
    missing.unshift(folder);
  for (const folder of missing) {
    const absolute = join(root, folder);
    await mkdir(absolute).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await assertFolder(absolute, folder);
    known.add(folder);
  }
}

async function assertFolder(absolute: string, path: string): Promise<void> {
  const found = await lstat(absolute).catch(unwritable(path));
  if (found.isDirectory()) return;
  throw new ArtifactError('unwritable', `expected a folder at ${path || absolute}, got another kind`, {
    paths: [path],
  });
}

async function writeNew(
  absolute: string,
  path: string,
  content: AsyncIterable<Buffer>,
  mode: number,
): Promise<void> {
  // O_EXCL: whatever stands there, a dangling link too, is an error.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(absolute, flags, mode).catch(unwritable(path));
  try {
    for await (const chunk of content) await handle.writeFile(chunk);
  } finally {
    await handle.close();
  }
}

function unwritable(path: string) {
  return (cause: unknown): never => {
    throw new ArtifactError('unwritable', `expected to write ${path || 'the tree'} where nothing is`, {
      cause,
      paths: [path],
    });
  };
}
