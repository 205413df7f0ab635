import { describe, expect, it } from 'vitest';
import { findMisplaced, type PlacedChange } from '../../src/artifact/find-misplaced.ts';
import { contentFault } from '../../src/artifact/find-unshippable.ts';
import { isGitDirectoryName } from '../../src/artifact/git-directory-name.ts';
import type { GitEntry } from '../../src/artifact/tracked-files.ts';

const entry = (path: string, mode = '100644', type = 'blob'): GitEntry => ({
  path,
  mode,
  type,
  blob: '',
  bytes: 1,
});
const baseline = [
  entry('README.md'),
  entry('cfg', '120000'),
  entry('docs/a.md'),
  entry('lib', '160000', 'commit'),
  entry('Straße/x'),
];
const why = (path: string, change: PlacedChange['change'], more: readonly PlacedChange[] = []) =>
  findMisplaced(baseline, [...more, { path, change }]).find((each) => each.path === path)?.why;

describe('a path of a change set', () => {
  it.each<[string, PlacedChange['change'], string]>([
    ['cfg/x', 'added', 'leads through the symlink cfg of the baseline'],
    ['cfg/x/y', 'removed', 'leads through the symlink cfg of the baseline'],
    ['cfg', 'modified', 'is a symlink in the baseline'],
    ['lib/x', 'added', 'leads through the submodule lib of the baseline'],
    ['lib', 'modified', 'is a submodule in the baseline'],
    ['README.md/x', 'added', 'leads through the file README.md of the baseline'],
    ['docs', 'added', 'is a folder'],
    ['readme.MD', 'added', 'differs from README.md in case or Unicode form only'],
    ['DOCS/b.md', 'added', 'differs from docs in case or Unicode form only'],
    ['STRASSE/y', 'added', 'differs from Straße in case or Unicode form only'],
    ['CFG', 'added', 'differs from cfg in case or Unicode form only'],
    ['.git/hooks/post-merge', 'added', 'leads into a .git directory'],
    ['--help', 'removed', 'begins with a dash'],
    ['sub/.GIT/config', 'added', 'leads into a .git directory'],
    ['.gıt/../.git/x', 'added', 'has a . or .. part'],
  ])('%s, %s, %s', (path, change, expected) => {
    expect(why(path, change)).toBe(expected);
  });

  it.each<[string, PlacedChange['change']]>([
    ['README.md', 'modified'],
    ['docs/b.md', 'added'],
    ['cfg', 'removed'],
    ['.gitattributes', 'added'],
    ['.github/workflows/x.yml', 'added'],
    ['a.git/x', 'added'],
    ['docs/-x', 'added'],
    ['cfg2/x', 'added'],
  ])('%s, %s, has its place', (path, change) => {
    expect(why(path, change)).toBeUndefined();
  });

  it('may take the place of another spelling that is removed', () => {
    expect(why('readme.md', 'added', [{ path: 'README.md', change: 'removed' }])).toBeUndefined();
    expect(why('b', 'added', [{ path: 'B', change: 'added' }])).toContain('differs from B');
  });
});

describe('the name of git’s own directory', () => {
  it.each([
    '.git',
    '.GIT',
    '.Git',
    '.git.',
    '.git ',
    '.git . .',
    '.git::$INDEX_ALLOCATION',
    'git~1',
    'GIT~1',
    '.g\u200cit',
    '\ufeff.git',
  ])('is %j', (name) => expect(isGitDirectoryName(name)).toBe(true));
  it.each(['git', '.gitignore', '.git2', 'x.git', '.gitmodules', 'git~2'])('is not %j', (name) =>
    expect(isGitDirectoryName(name)).toBe(false),
  );
});

describe('content', () => {
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12\n';
  it.each<[string, string, string]>([
    ['model.bin', pointer, 'git-lfs'],
    ['model.bin', pointer.replace('git-lfs.github.com', 'hawser.github.com'), 'git-lfs'],
    ['link', '../../.git/annex/objects/zz/x', 'git-annex'],
    ['unlocked', '/annex/objects/SHA256E-s1--ab', 'git-annex'],
    ['.gitattributes', '* text\ndocs export-ignore\n', 'sets export-ignore in line 2'],
    ['sub/.gitattributes', '"a b" -text export-subst\r\n', 'sets export-subst in line 1'],
    ['.gitattributes', '[attr]mine export-ignore\n', 'sets export-ignore'],
    ['.GITATTRIBUTES', '\tx\texport-ignore', 'sets export-ignore'],
  ])('of %s (%j) cannot ship', (path, content, why) => {
    expect(contentFault(path, Buffer.from(content))).toContain(why);
  });

  it.each<[string, string]>([
    ['notes.md', `a pointer begins so: ${pointer}`],
    ['big', pointer + 'x'.repeat(1100)],
    ['attributes', 'docs export-ignore\n'],
    [
      '.gitattributes',
      '# docs export-ignore\n* -export-ignore !export-subst\nexport-ignore text\n"export-subst x" ident\n',
    ],
  ])('of %s is its own', (path, content) => {
    expect(contentFault(path, Buffer.from(content))).toBeNull();
  });
});
