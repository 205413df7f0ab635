import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, readlink } from 'node:fs/promises';
import { z } from 'zod';
import { type Digest, Sha256Hex, sha256Hex } from '../evidence/digest.ts';
import { ArtifactError } from './artifact-error.ts';
import { comparePaths } from './safe-path.ts';

/**
 * One file or symlink of a tree, as any listing gives it. `sha256` and `bytes` are of the content, of a
 * symlink's target text respectively; `executable` is the owner's x bit, and false for a symlink. Folders are
 * implied; empty ones are not seen.
 */
export const TreeEntry = z.object({
  path: z.string().min(1),
  kind: z.enum(['file', 'symlink']),
  sha256: Sha256Hex,
  bytes: z.int().nonnegative(),
  executable: z.boolean(),
});
export type TreeEntry = z.infer<typeof TreeEntry>;

/** git's three modes of a file. */
export const FileMode = z.enum(['100644', '100755', '120000']);
export type FileMode = z.infer<typeof FileMode>;

export function modeOf(entry: Pick<TreeEntry, 'kind' | 'executable'>): FileMode {
  if (entry.kind === 'symlink') return '120000';
  return entry.executable ? '100755' : '100644';
}

/**
 * The digest of a tree: SHA-256 over `interlock-tree-1` NUL, then for each entry, in bytewise order of the
 * paths, `<mode> <sha256> <path>` NUL. Two trees have the same digest exactly if they have the same paths,
 * modes, contents and targets; owners, times and empty folders do not count. Throws ArtifactError
 * `path-collision` on a path listed twice, and `unsafe-path` on one with a NUL.
 */
export function treeDigest(entries: readonly TreeEntry[]): Digest {
  const hash = createHash('sha256').update('interlock-tree-1\0');
  let previous: string | undefined;
  for (const entry of entries.toSorted((a, b) => comparePaths(a.path, b.path))) {
    if (entry.path === previous) {
      throw new ArtifactError('path-collision', `expected each path once, got ${entry.path} twice`, {
        paths: [entry.path],
      });
    }
    if (entry.path.includes('\0') || !entry.path.isWellFormed()) {
      throw new ArtifactError(
        'unsafe-path',
        `expected valid text for a path, got ${JSON.stringify(entry.path)}`,
        { paths: [entry.path] },
      );
    }
    previous = entry.path;
    hash.update(`${modeOf(entry)} ${entry.sha256} ${entry.path}\0`);
  }
  return `sha256:${hash.digest('hex')}`;
}

/** `exclude` leaves out these paths and all below them, such as `.git`. */
export type ListOptions = { readonly exclude?: readonly string[]; readonly signal?: AbortSignal | undefined };

/**
 * Lists every file and symlink below `directory`, in bytewise order of their paths, reading all of them once.
 * Symlinks are not followed. Throws ArtifactError: `unreadable`; `unsafe-path` on a name that is no UTF-8;
 * `unsupported-entry` on a device, a socket or a pipe; `aborted`.
 */
export async function listTree(directory: string, options: ListOptions = {}): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = [];
  await walk(Buffer.from(directory), '', entries, options);
  return entries.toSorted((a, b) => comparePaths(a.path, b.path));
}

async function walk(root: Buffer, below: string, entries: TreeEntry[], options: ListOptions): Promise<void> {
  const folder = below === '' ? root : Buffer.concat([root, Buffer.from(`/${below}`)]);
  const found = await readdir(folder, { withFileTypes: true, encoding: 'buffer' }).catch(unreadable(below));
  const { exclude = [], signal } = options;
  for (const entry of found) {
    if (signal?.aborted === true)
      throw new ArtifactError('aborted', 'the listing was stopped', { cause: signal.reason });
    const path = `${below === '' ? '' : `${below}/`}${decodeName(entry.name)}`;
    if (exclude.includes(path)) continue;
    const absolute = Buffer.concat([folder, Buffer.from('/'), entry.name]);
    if (entry.isDirectory()) {
      await walk(root, path, entries, options);
    } else if (entry.isSymbolicLink()) {
      const target = await readlink(absolute, { encoding: 'buffer' }).catch(unreadable(path));
      entries.push({
        path,
        kind: 'symlink',
        sha256: sha256Hex(target),
        bytes: target.byteLength,
        executable: false,
      });
    } else if (entry.isFile()) {
      entries.push(await readEntry(absolute, path).catch(unreadable(path)));
    } else {
      throw new ArtifactError(
        'unsupported-entry',
        `expected files, folders and symlinks only, got another kind at ${path}`,
        { paths: [path] },
      );
    }
  }
}

async function readEntry(absolute: Buffer, path: string): Promise<TreeEntry> {
  // O_NOFOLLOW: between the listing and this line the file may have become a symlink to anything.
  await using handle = await open(absolute, constants.O_RDONLY | constants.O_NOFOLLOW);
  const { mode } = await handle.stat();
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of handle.createReadStream({ autoClose: false, highWaterMark: 1 << 18 })) {
    if (!(chunk instanceof Uint8Array)) continue;
    hash.update(chunk);
    bytes += chunk.byteLength;
  }
  return { path, kind: 'file', sha256: hash.digest('hex'), bytes, executable: (mode & 0o100) !== 0 };
}

function decodeName(name: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(name);
  } catch (cause) {
    throw new ArtifactError('unsafe-path', `expected file names in UTF-8, got ${name.toString('latin1')}`, {
      cause,
    });
  }
}

function unreadable(path: string) {
  return (cause: unknown): never => {
    throw new ArtifactError('unreadable', `expected to read ${path === '' ? 'the folder' : path}`, {
      cause,
      paths: [path],
    });
  };
}
