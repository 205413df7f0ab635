import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { contentFault, findUnshippable } from '../../src/artifact/find-unshippable.ts';
import { git, makeSandbox, type Sandbox } from './git-sandbox.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await makeSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

function mktree(repo: string, listing: string | Buffer): string {
  return execFileSync('git', ['mktree', '--missing'], { cwd: repo, input: listing, encoding: 'utf8' }).trim();
}

test('names submodules, paths into a .git, pointers and attributes of a commit, and nothing else', async () => {
  const repo = sandbox.repository('repo', {
    a: '1',
    link: '-> a',
    annexed: '-> .git/annex/objects/zz/x',
    'deep/.gitattributes': 'x export-subst\n',
    'big.txt': 'version https://git-lfs.github.com/spec/v1\n'.repeat(100),
    'model.bin': 'version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12\n',
  });
  const head = git(repo, 'rev-parse', 'HEAD');
  git(repo, 'update-index', '--add', '--cacheinfo', `160000,${head},lib`);
  const blob = git(repo, 'rev-parse', 'HEAD:a');
  // git adds no such name to an index, but takes a tree that another program has made.
  const vendor = mktree(repo, `100644 blob ${blob}\t.Git\n`);
  const listed = git(repo, 'ls-tree', git(repo, 'write-tree'));
  const tree = mktree(repo, `${listed}\n040000 tree ${vendor}\tvendor\n`);
  const commit = git(repo, 'commit-tree', '-m', 'x', tree);
  expect(await findUnshippable(commit, { cwd: repo })).toEqual([
    { path: 'annexed', why: 'is a pointer of git-annex, not the content' },
    { path: 'deep/.gitattributes', why: 'sets export-subst in line 1' },
    { path: 'lib', why: 'is a submodule' },
    { path: 'model.bin', why: 'is a pointer of git-lfs, not the content' },
    { path: 'vendor/.Git', why: 'leads into a .git directory' },
  ]);
});

// Each line was seen by git check-attr to set the attribute, or not to.
test.each([
  ['secret.txt export-ignore', true],
  ['\tsecret.txt\texport-subst', true],
  ['"a b" export-ignore', true],
  ['"a b"export-ignore', true],
  ['"a \\" b"export-ignore', true],
  ['"secret export-ignore', true],
  ['[attr]hidden export-ignore', true],
  ['x text export-ignore=yes', true],
  ['# x export-ignore', false],
  ['x -export-ignore', false],
  ['x !export-subst', false],
  ['export-ignore', false],
  ['export-ignore text', false],
])('%j sets an attribute for archives: %s', (line, isSet) => {
  const fault = contentFault('.gitattributes', Buffer.from(`* text\n${line}\n`));
  expect(fault !== null && /^sets export-(?:ignore|subst) in line 2$/.test(fault)).toBe(isSet);
});

test('names a file whose name is no UTF-8', async () => {
  const repo = sandbox.repository('repo', { a: '1' });
  const entry = Buffer.from(`100644 blob ${git(repo, 'rev-parse', 'HEAD:a')}\tcaf\xe9.txt\n`, 'latin1');
  const commit = git(repo, 'commit-tree', '-m', 'x', mktree(repo, entry));
  expect(await findUnshippable(commit, { cwd: repo })).toEqual([
    { path: 'caf\u00e9.txt', why: 'has a name that is no UTF-8' },
  ]);
});
