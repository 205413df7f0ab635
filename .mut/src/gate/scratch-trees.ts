// What a trial on scratch directories can leave when it is killed: some of its empty files, and nothing else. Pure.
import { type TreeEntry, treeDigest } from '../artifact/tree-digest.ts';
import { sha256Hex } from '../evidence/digest.ts';

const files: readonly TreeEntry[] = ['a/was-a', 'a/was-b', 'b/was-a', 'b/was-b'].map((path) => ({
  path,
  kind: 'file',
  sha256: sha256Hex(''),
  bytes: 0,
  executable: false,
}));

const known: ReadonlySet<string> = new Set(
  Array.from({ length: 2 ** files.length }, (_, chosen) =>
    treeDigest(files.filter((_file, index) => (chosen >> index) % 2 === 1)),
  ),
);

/** By its tree digest; empty folders do not count. */
export function isScratch(tree: string | null): boolean {
  return tree !== null && known.has(tree);
}
