import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  compareTree,
  entriesOf,
  Manifest,
  parseManifest,
  renderManifest,
} from '../../src/artifact/manifest.ts';
import { listTree, treeDigest } from '../../src/artifact/tree-digest.ts';
import { manifestEntries, treeEntries } from './arbitraries.ts';
import { writeTree } from './git-sandbox.ts';

const run = promisify(execFile);
const COMMIT = '703559c91b819a6ab70fffc6105776014f7a6a56';
const SHA = 'a'.repeat(64);

const manifests = manifestEntries.map((entries) => ({ name: 'cutter-v0.6.tar.gz', commit: COMMIT, entries }));

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-manifest-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('the text of a manifest', () => {
  test('is read back as the same manifest', () => {
    fc.assert(
      fc.property(manifests, (manifest) => {
        expect(parseManifest(renderManifest(manifest))).toEqual(manifest);
      }),
    );
  });

  test('is refused when any line is missing, doubled or exchanged', () => {
    const twoLines = manifests.filter(({ entries }) => entries.length > 0);
    fc.assert(
      fc.property(
        twoLines,
        fc.nat(),
        fc.nat(),
        fc.constantFrom('drop', 'double', 'swap'),
        (manifest, a, b, how) => {
          const text = renderManifest(manifest);
          const lines = text.slice(0, -1).split('\n');
          const [i, j] = [a % lines.length, b % lines.length];
          const [one = '', other = ''] = [lines[i], lines[j]];
          if (how === 'drop') lines.splice(i, 1);
          if (how === 'double') lines.splice(i, 0, one);
          if (how === 'swap') [lines[i], lines[j]] = [other, one];
          const changed = `${lines.join('\n')}\n`;
          if (changed === text) return;
          expect(() => parseManifest(changed)).toThrow(expect.objectContaining({ code: 'manifest-invalid' }));
        },
      ),
    );
  });

  test('checks the unpacked tree with sha256sum, names with odd characters too', async () => {
    writeTree(directory, {
      'a b.txt': 'one',
      '#c': 'two',
      ' d': 'three',
      '-e': 'four',
      '*f': 'five',
      'é/字': '#! six',
      link: '-> a b.txt',
    });
    const entries = (await listTree(directory)).map(({ path, sha256, bytes, kind, executable }) => ({
      ...{ path, sha256, bytes },
      mode: kind === 'symlink' ? ('120000' as const) : executable ? ('100755' as const) : ('100644' as const),
    }));
    const text = renderManifest({ name: 'x', commit: COMMIT, entries });
    const list = join(directory, '..', `${SHA.slice(0, 8)}-${process.pid}.sums`);
    await writeFile(list, text);
    try {
      const { stdout } = await run('sha256sum', ['-c', '--strict', list], {
        cwd: directory,
        env: { ...process.env, LC_ALL: 'C' },
      });
      expect(stdout.trim().split('\n')).toHaveLength(6);
    } finally {
      await rm(list);
    }
  });

  test.each([
    ['an unsafe path', [{ path: '../x', sha256: SHA, bytes: 1, mode: '100644' as const }]],
    [
      'paths out of order',
      [
        { path: 'b', sha256: SHA, bytes: 1, mode: '100644' as const },
        { path: 'a', sha256: SHA, bytes: 1, mode: '100644' as const },
      ],
    ],
  ])('is not written for %s', (_, entries) => {
    expect(() => renderManifest({ name: 'x', commit: COMMIT, entries })).toThrow(
      expect.objectContaining({ code: 'manifest-invalid' }),
    );
  });

  test('of other things is refused, not misread', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.constantFrom('\n', '# interlock manifest 1\n', `${SHA}  x\n`)),
        (text) => {
          expect(() => parseManifest(text)).toThrow(expect.objectContaining({ code: 'manifest-invalid' }));
        },
      ),
    );
  });
});

describe('comparing a tree with a manifest', () => {
  test('finds nothing when they are equal, and names exactly what was taken, put or changed', () => {
    fc.assert(
      fc.property(
        manifests,
        treeEntries,
        fc.func(fc.constantFrom('keep', 'drop', 'change', 'chmod')),
        (manifest, extra, fate) => {
          const tree = entriesOf(manifest);
          expect(compareTree(manifest, tree)).toEqual({ missing: [], added: [], changed: [] });

          const known = new Set(tree.map(({ path }) => path));
          const added = extra.filter(({ path }) => !known.has(path));
          const observed = tree.flatMap((entry) => {
            const how = fate(entry.path);
            if (how === 'drop') return [];
            if (how === 'change')
              return [{ ...entry, sha256: entry.sha256.replace(/^./, (c) => (c === '0' ? '1' : '0')) }];
            if (how === 'chmod' && entry.kind === 'file')
              return [{ ...entry, executable: !entry.executable }];
            return [entry];
          });
          const difference = compareTree(manifest, [...added, ...observed]);
          const fated = (...hows: string[]) => tree.filter((entry) => hows.includes(fate(entry.path)));
          expect(difference.missing).toEqual(fated('drop').map(({ path }) => path));
          expect(new Set(difference.added)).toEqual(new Set(added.map(({ path }) => path)));
          const changed = fated('change', 'chmod').filter(
            (entry) => fate(entry.path) === 'change' || entry.kind === 'file',
          );
          expect(difference.changed.map(({ path }) => path)).toEqual(changed.map(({ path }) => path));
        },
      ),
    );
  });

  test('sees nothing exactly when the tree digests are equal', () => {
    fc.assert(
      fc.property(manifests, treeEntries, (manifest, tree) => {
        const { missing, added, changed } = compareTree(manifest, tree);
        const equal = missing.length + added.length + changed.length === 0;
        expect(treeDigest(tree) === treeDigest(entriesOf(manifest))).toBe(equal);
      }),
    );
  });

  test('a file where a symlink is expected is a change, though the digest is the same', () => {
    const manifest = Manifest.parse({
      name: 'x',
      commit: COMMIT,
      entries: [{ path: 'a', sha256: SHA, bytes: 3, mode: '120000' }],
    });
    const tree = [{ path: 'a', kind: 'file' as const, sha256: SHA, bytes: 3, executable: false }];
    expect(compareTree(manifest, tree).changed).toEqual([
      { path: 'a', expected: { mode: '120000', sha256: SHA }, actual: { mode: '100644', sha256: SHA } },
    ]);
  });
});
