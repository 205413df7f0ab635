import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listTree, treeDigest } from '../../src/artifact/tree-digest.ts';
import { sha256Hex } from '../../src/evidence/digest.ts';
import { treeEntries } from './arbitraries.ts';
import { writeTree } from './git-sandbox.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-tree-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const digestOfDirectory = async () => treeDigest(await listTree(directory));

describe('a tree digest', () => {
  test('does not depend on the order of the listing', () => {
    fc.assert(
      fc.property(
        treeEntries.chain((entries) =>
          fc.tuple(fc.constant(entries), fc.shuffledSubarray(entries, { minLength: entries.length })),
        ),
        ([entries, shuffled]) => {
          expect(treeDigest(shuffled)).toBe(treeDigest(entries));
        },
      ),
    );
  });

  test('differs for any two different trees', () => {
    const key = (entries: { path: string; sha256: string; executable: boolean }[]) =>
      JSON.stringify(entries.map(({ path, sha256, executable }) => [path, sha256, executable]));
    fc.assert(
      fc.property(treeEntries, treeEntries, (one, other) => {
        expect(treeDigest(one) === treeDigest(other)).toBe(key(one) === key(other));
      }),
    );
  });

  test('is the number that the documented recipe gives', () => {
    const [a, b] = [sha256Hex('one'), sha256Hex('a')];
    const entries = [
      { path: 'link', kind: 'symlink' as const, sha256: b, bytes: 1, executable: false },
      { path: 'a', kind: 'file' as const, sha256: a, bytes: 3, executable: true },
    ];
    expect(treeDigest(entries)).toBe(
      `sha256:${sha256Hex(['interlock-tree-1', `100755 ${a} a`, `120000 ${b} link`, ''].join('\0'))}`,
    );
  });

  test('refuses a path that is listed twice', () => {
    const entry = { path: 'a', kind: 'file' as const, sha256: sha256Hex(''), bytes: 0, executable: false };
    expect(() => treeDigest([entry, entry])).toThrow(expect.objectContaining({ code: 'path-collision' }));
  });
});

describe('a directory', () => {
  test('is listed with sizes, digests, owner’s x bit and link targets, links not followed', async () => {
    writeTree(directory, {
      'b/run': '#!/bin/sh\n',
      'a.txt': 'one',
      'b/link': '-> ../a.txt',
      dangling: '-> nowhere',
      loop: '-> .',
    });
    mkdirSync(join(directory, 'empty'));
    expect(await listTree(directory)).toEqual([
      { path: 'a.txt', kind: 'file', sha256: sha256Hex('one'), bytes: 3, executable: false },
      { path: 'b/link', kind: 'symlink', sha256: sha256Hex('../a.txt'), bytes: 8, executable: false },
      { path: 'b/run', kind: 'file', sha256: sha256Hex('#!/bin/sh\n'), bytes: 10, executable: true },
      { path: 'dangling', kind: 'symlink', sha256: sha256Hex('nowhere'), bytes: 7, executable: false },
      { path: 'loop', kind: 'symlink', sha256: sha256Hex('.'), bytes: 1, executable: false },
    ]);
  });

  test('has another digest after any change that matters, and the same after one that does not', async () => {
    writeTree(directory, { a: 'one', 'b/c': 'two', link: '-> a' });
    const before = await digestOfDirectory();
    utimesSync(join(directory, 'a'), 0, 0);
    chmodSync(join(directory, 'a'), 0o640);
    mkdirSync(join(directory, 'empty'));
    expect(await digestOfDirectory()).toBe(before);

    const changes: [() => void, () => void][] = [
      [() => writeFileSync(join(directory, 'a'), 'onf'), () => writeFileSync(join(directory, 'a'), 'one')],
      [() => chmodSync(join(directory, 'a'), 0o744), () => chmodSync(join(directory, 'a'), 0o644)],
      [() => writeFileSync(join(directory, 'new'), ''), () => rmSync(join(directory, 'new'))],
      [
        () => {
          rmSync(join(directory, 'link'));
          symlinkSync('b', join(directory, 'link'));
        },
        () => {
          rmSync(join(directory, 'link'));
          symlinkSync('a', join(directory, 'link'));
        },
      ],
    ];
    for (const [change, undo] of changes) {
      change();
      expect(await digestOfDirectory()).not.toBe(before);
      undo();
      expect(await digestOfDirectory()).toBe(before);
    }
  });

  test('is listed without what is excluded, and only that', async () => {
    writeTree(directory, { '.git/HEAD': 'x', '.gitignore': 'y', 'a/.git': 'z' });
    const paths = (await listTree(directory, { exclude: ['.git'] })).map(({ path }) => path);
    expect(paths).toEqual(['.gitignore', 'a/.git']);
  });

  test('with a pipe in it is refused', async () => {
    execFileSync('mkfifo', [join(directory, 'pipe')]);
    await expect(listTree(directory)).rejects.toMatchObject({ code: 'unsupported-entry', paths: ['pipe'] });
  });

  test('with a name that is no UTF-8 is refused', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0xff, 0xfe])]), '');
    await expect(listTree(directory)).rejects.toMatchObject({ code: 'unsafe-path' });
  });

  test('that is not there is an error, and a stopped listing too', async () => {
    await expect(listTree(join(directory, 'no'))).rejects.toMatchObject({ code: 'unreadable' });
    writeTree(directory, { a: '' });
    await expect(listTree(directory, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    });
  });
});
