import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { commitTree } from '../../src/artifact/commit-tree.ts';
import { fastForward } from '../../src/artifact/fast-forward.ts';
import { cloneShared, headOf, isClean } from '../../src/artifact/git.ts';
import { overlayTree } from '../../src/artifact/overlay-tree.ts';
import { listTree, treeDigest } from '../../src/artifact/tree-digest.ts';
import {
  commitAll,
  commitMore,
  git,
  makeSandbox,
  type Sandbox,
  workingCopy,
  writeTree,
} from './git-sandbox.ts';

let sandbox: Sandbox;
let repository: string;
let source: string;
let from: string;
let to: string;

beforeEach(async () => {
  sandbox = await makeSandbox();
  repository = sandbox.repository('repo', { a: '1', b: '2' });
  from = git(repository, 'rev-parse', 'main');
  source = join(sandbox.directory, 'copy');
  await workingCopy(repository, source, from);
  writeTree(source, { a: 'changed', 'new/c': 'added' });
  to = await commitAll(source, {
    message: 'm',
    author: { name: 'A', email: 'a@b' },
    date: '2026-01-01T00:00:00Z',
  });
});
afterEach(() => sandbox[Symbol.asyncDispose]());

const request = () => ({ repository, branch: 'main', from, to, source });
const snapshot = async () => treeDigest(await listTree(repository, { exclude: ['.git'] }));

describe('a checked-out branch', () => {
  test('moves with its working tree, and keeps no other trace', async () => {
    const refs = git(repository, 'for-each-ref', '--format=%(refname)');
    expect(await fastForward(request())).toEqual({ outcome: 'moved', workingTree: 'follows' });
    expect(await headOf(repository)).toBe(to);
    expect(git(repository, 'symbolic-ref', 'HEAD')).toBe('refs/heads/main');
    expect(readFileSync(join(repository, 'new/c'), 'utf8')).toBe('added');
    expect(await isClean(repository)).toBe(true);
    expect(git(repository, 'for-each-ref', '--format=%(refname)')).toBe(refs);
    // The repository must not lean on the working copy, which is removed after the run.
    expect(git(repository, 'fsck', '--strict', '--connectivity-only')).toBe('');
  });

  test('moved once stays: a second call says so', async () => {
    await fastForward(request());
    expect(await fastForward(request())).toEqual({ outcome: 'already-there', workingTree: 'follows' });
    writeFileSync(join(repository, 'a'), 'edited since');
    expect(await fastForward(request())).toEqual({ outcome: 'already-there', workingTree: 'dirty' });
  });

  test.each([
    ['an edited file', 'a'],
    ['an untracked file', 'new/c'],
    ['an unrelated untracked file', 'notes.txt'],
  ])('with %s stays where it is', async (_, path) => {
    writeTree(repository, { [path]: 'mine' });
    const before = await snapshot();
    await expect(fastForward(request())).rejects.toMatchObject({ code: 'dirty', paths: [path] });
    expect(await snapshot()).toBe(before);
    expect(await headOf(repository)).toBe(from);
  });

  test('that has moved on stays where it is', async () => {
    git(repository, 'commit', '--quiet', '--allow-empty', '-m', 'by somebody else');
    const head = await headOf(repository);
    await expect(fastForward(request())).rejects.toMatchObject({ code: 'head-moved' });
    expect(await headOf(repository)).toBe(head);
  });

  test('does not go to a commit that is no descendant', async () => {
    git(source, 'checkout', '--quiet', '--orphan', 'other');
    git(source, 'commit', '--quiet', '-m', 'unrelated');
    const unrelated = git(source, 'rev-parse', 'HEAD');
    await expect(fastForward({ ...request(), to: unrelated })).rejects.toMatchObject({
      code: 'not-fast-forward',
    });
    expect(await headOf(repository)).toBe(from);
  });
});

describe('a branch that is not checked out', () => {
  test('moves alone, the working tree stays', async () => {
    git(repository, 'checkout', '--quiet', '-b', 'work');
    writeFileSync(join(repository, 'a'), 'edited');
    const before = await snapshot();
    expect(await fastForward(request())).toEqual({ outcome: 'moved', workingTree: 'not-checked-out' });
    expect(git(repository, 'rev-parse', 'main')).toBe(to);
    expect(await snapshot()).toBe(before);
  });

  test('moves in a bare repository', async () => {
    const bare = join(sandbox.directory, 'bare.git');
    git(sandbox.directory, 'clone', '--quiet', '--bare', repository, bare);
    expect(await fastForward({ ...request(), repository: bare })).toMatchObject({ outcome: 'moved' });
    expect(git(bare, 'rev-parse', 'main')).toBe(to);
  });

  test('does not move under a linked working tree', async () => {
    git(repository, 'checkout', '--quiet', '-b', 'work');
    git(repository, 'worktree', 'add', '--quiet', join(sandbox.directory, 'linked'), 'main');
    await expect(fastForward(request())).rejects.toMatchObject({ code: 'checked-out-elsewhere' });
    expect(git(repository, 'rev-parse', 'main')).toBe(from);
  });
});

test('of two that race from the same commit, one wins and the other is told', async () => {
  const other = join(sandbox.directory, 'other');
  await workingCopy(repository, other, from);
  writeTree(other, { a: 'differently' });
  const rival = await commitAll(other, {
    message: 'r',
    author: { name: 'B', email: 'b@b' },
    date: '2026-01-01T00:00:00Z',
  });
  git(repository, 'checkout', '--quiet', '--detach');
  const results = await Promise.allSettled([
    fastForward(request()),
    fastForward({ ...request(), to: rival, source: other }),
  ]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  const [lost] = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  expect(lost).toMatchObject({ code: 'head-moved' });
});

test.each([
  ['branch', '--force'],
  ['branch', 'a..b'],
  ['branch', ''],
  ['from', 'HEAD'],
  ['to', '-x'],
])('%s %j is refused', async (field, value) => {
  await expect(fastForward({ ...request(), [field]: value })).rejects.toMatchObject({
    code: 'unsafe-argument',
  });
});

test('a commit that the source does not have is unknown', async () => {
  await expect(fastForward({ ...request(), to: 'f'.repeat(40) })).rejects.toMatchObject({
    code: 'unknown-commit',
  });
});

describe('files of a checked-out branch', () => {
  const overlay = async (overlays: Parameters<typeof overlayTree>[2]) => {
    const copy = join(sandbox.directory, 'overlaid');
    await cloneShared(repository, copy, from);
    const { tree } = await overlayTree(copy, from, overlays);
    const author = { name: 'A', email: 'a@b' };
    return {
      source: copy,
      to: await commitTree(copy, { tree, message: 'm', author, date: '2026-01-01T00:00:00Z' }),
    };
  };
  const written = (name: string, content: string) => {
    writeTree(sandbox.directory, { [name]: content });
    return join(sandbox.directory, name);
  };

  test('are removed and replaced together, and nothing that is ignored or beside them goes', async () => {
    writeTree(repository, { 'dir/x': 'x', 'dir/kept': 'k', link: '-> a', '.gitignore': 'mine\n' });
    commitMore(repository);
    from = git(repository, 'rev-parse', 'main');
    writeTree(repository, { mine: 'ignored', 'dir/mine': 'ignored' });
    const moved = await overlay([
      { path: 'a', mode: 'removed' },
      { path: 'link', mode: 'removed' },
      { path: 'dir/x', mode: 'removed' },
      { path: 'run', mode: '100755', from: written('run', 'x') },
    ]);
    expect(await fastForward({ ...request(), from, ...moved })).toMatchObject({ outcome: 'moved' });
    expect(git(repository, 'status', '--porcelain')).toBe('');
    expect((await listTree(repository, { exclude: ['.git'] })).map(({ path }) => path)).toEqual([
      '.gitignore',
      'b',
      'dir/kept',
      'dir/mine',
      'mine',
      'run',
    ]);
    expect(statSync(join(repository, 'run')).mode & 0o100).toBe(0o100);
  });

  test('are written through no link that stands in the way, ignored or not', async () => {
    const moved = await overlay([{ path: 'folder/new', mode: '100644', from: written('new', 'theirs') }]);
    writeTree(repository, { '.git/info/exclude': 'folder\n', folder: '-> ../outside' });
    writeTree(sandbox.directory, { 'outside/new': 'mine' });
    await Promise.allSettled([fastForward({ ...request(), ...moved })]);
    expect(readFileSync(join(sandbox.directory, 'outside/new'), 'utf8')).toBe('mine');
  });

  test('that are ignored and in the way give way, as in every merge of git’s', async () => {
    const moved = await overlay([{ path: 'new', mode: '100644', from: written('new', 'theirs') }]);
    writeTree(repository, { '.git/info/exclude': 'new\n', new: 'mine' });
    expect(await fastForward({ ...request(), ...moved })).toMatchObject({ outcome: 'moved' });
    expect(readFileSync(join(repository, 'new'), 'utf8')).toBe('theirs');
  });
});
