import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ArtifactError } from '../../src/artifact/artifact-error.ts';
import {
  assertSafePaths,
  comparePaths,
  findPathFault,
  findTargetFault,
} from '../../src/artifact/safe-path.ts';

function codeOf(paths: string[]): string | null {
  try {
    assertSafePaths(paths);
    return null;
  } catch (error) {
    if (error instanceof ArtifactError) return error.code;
    throw error;
  }
}

describe('a path in a manifest', () => {
  test.each([
    '',
    '/etc/passwd',
    '../x',
    'a/../b',
    'a/./b',
    './a',
    'a//b',
    'a/',
    'a\\b',
    'a\0b',
    'a\nb',
    'a\rb',
    'a\tb',
    '-',
    '\ud800',
    'x'.repeat(256),
  ])('%j is refused', (path) => {
    expect(codeOf([path])).toBe('unsafe-path');
  });

  test.each(['a', '.gitignore', 'a b/c', '-rf', '..a', 'a..', 'dir/…', '#x', "quote'd"])(
    '%j is allowed',
    (path) => {
      expect(codeOf([path])).toBeNull();
    },
  );

  test.each([
    ['the same path twice', ['a', 'a']],
    ['case alone', ['README', 'readme']],
    ['case of a folder', ['A/x', 'a/y']],
    ['Unicode form alone', ['\u00e9', 'e\u0301']],
    ['sharp s', ['straße', 'STRASSE']],
    ['a file that is a folder', ['a', 'a/b']],
    ['a file that is a folder, with a path between', ['a', 'a.b', 'a/b']],
  ])('paths that differ by %s collide', (_, paths) => {
    expect(codeOf(paths)).toBe('path-collision');
    expect(codeOf(paths.toReversed())).toBe('path-collision');
  });

  test('an allowed path, joined to a folder, stays below it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('.', '/', '\\', 'a', '\0', '\n', '-') }), (path) => {
        if (findPathFault(path) !== null) return;
        const url = new URL(encodeURI(path).replaceAll('.', '%2E'), 'file:///root/tree/');
        expect(decodeURIComponent(url.pathname).startsWith('/root/tree/')).toBe(true);
        expect(path.split('/')).not.toContain('..');
      }),
    );
  });
});

test('paths are ordered as their UTF-8 bytes, also beyond the basic plane', () => {
  expect(['\u{1f600}', '\uff5e', 'b', 'a/b', 'a.b', 'a'].toSorted(comparePaths)).toEqual([
    'a',
    'a.b',
    'a/b',
    'b',
    '\uff5e',
    '\u{1f600}',
  ]);
});

test.each([
  ['link', '../x', false],
  ['link', '/etc/passwd', false],
  ['link', '', false],
  ['a/link', '../x', true],
  ['a/link', '../../x', false],
  ['a/link', 'b/../../c', true],
  ['a/link', 'b/../../../c', false],
  ['a/link', '../../x/../a/y', false],
])('a symlink at %s to %s: within the tree is %s', (path, target, within) => {
  expect(findTargetFault(path, target) === null).toBe(within);
});
