import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Files by path, `/` between folders, sorted by byte. */
export type Tree = ReadonlyMap<string, Buffer>;

/** What systems and tools leave in folders on their own. It must not change the id of a commit. */
const LEFT_BEHIND = new Set(['.DS_Store', 'Thumbs.db', 'desktop.ini', 'node_modules', 'coverage']);

/** Name of the list of a change set's files, as `sha256sum` writes it. It stands beside them and is none of them. */
export const RATIFIED_LIST = 'RATIFIED.sha256';

/** Where a folder of the payload is: `baseline`, `change-set`, `change-sets/…`. */
export function payloadFolder(part: string): string {
  return fileURLToPath(new URL(`../iu-cutter/${part}/`, import.meta.url));
}

/** Reads a folder of the payload, but for its ratified list. */
export async function readPayload(part: string): Promise<Tree> {
  return treeOf([...(await readTree(payloadFolder(part)))].filter(([path]) => path !== RATIFIED_LIST));
}

/** Reads all files under a folder. */
export async function readTree(folder: string): Promise<Tree> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.split('/').some((part) => LEFT_BEHIND.has(part)));
  return treeOf(
    await Promise.all(paths.map(async (path) => [path, await readFile(join(folder, path))] as const)),
  );
}

/** Sorts files into a tree. */
export function treeOf(files: Iterable<readonly [string, Buffer | string]>): Tree {
  const sorted = [...files].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return new Map(sorted.map(([path, content]) => [path, Buffer.from(content)]));
}

/** Writes a tree with modes 0755 and 0644, whatever the umask. */
export async function writeTree(folder: string, tree: Tree): Promise<void> {
  await makeFolder(folder);
  for (const [path, content] of tree) {
    const parts = path.split('/').slice(0, -1);
    for (const depth of parts.keys()) await makeFolder(join(folder, ...parts.slice(0, depth + 1)));
    await writeFile(join(folder, path), content);
    await chmod(join(folder, path), 0o644);
  }
}

async function makeFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true });
  if (made === undefined) return;
  for (let each = folder; each.length >= made.length; each = dirname(each)) await chmod(each, 0o755);
}
