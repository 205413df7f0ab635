// Values that the property tests beside draw from.
import fc from 'fast-check';
import type { ManifestEntry } from '../../src/artifact/manifest.ts';
import { assertSafePaths, comparePaths } from '../../src/artifact/safe-path.ts';
import type { TreeEntry } from '../../src/artifact/tree-digest.ts';

export const sha256Text = fc.stringMatching(/^[0-9a-f]{64}$/);

const part = fc
  .string({ unit: fc.constantFrom(...'abcXYZ09._- #*:é字😀'), minLength: 1, maxLength: 12 })
  .filter((text) => text !== '.' && text !== '..');

const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));

/** Paths that may stand together in a manifest, in its order. */
export const safePaths = fc.uniqueArray(path, { maxLength: 12 }).map((candidates) => {
  const kept: string[] = [];
  for (const candidate of candidates) {
    try {
      assertSafePaths([...kept, candidate]);
      kept.push(candidate);
    } catch {
      // It collides with an earlier one.
    }
  }
  return kept.toSorted(comparePaths);
});

export const treeEntries: fc.Arbitrary<TreeEntry[]> = safePaths.chain((paths) =>
  fc.tuple(
    ...paths.map((each) =>
      fc.record({
        path: fc.constant(each),
        kind: fc.constant('file' as const),
        sha256: sha256Text,
        bytes: fc.nat(),
        executable: fc.boolean(),
      }),
    ),
  ),
);

export const manifestEntries: fc.Arbitrary<ManifestEntry[]> = safePaths.chain((paths) =>
  fc.tuple(
    ...paths.map((each) =>
      fc.record({
        path: fc.constant(each),
        sha256: sha256Text,
        bytes: fc.nat(),
        mode: fc.constantFrom('100644' as const, '100755' as const, '120000' as const),
      }),
    ),
  ),
);
