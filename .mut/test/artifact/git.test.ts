import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkOutRaw } from '../../src/artifact/check-out-raw.ts';
import { commitTree } from '../../src/artifact/commit-tree.ts';
import { filesAt } from '../../src/artifact/files-at.ts';
import {
  branchOf,
  cloneShared,
  commitTime,
  diffStat,
  dirtyPaths,
  headOf,
  isClean,
  parentOf,
} from '../../src/artifact/git.ts';
import { overlayTree } from '../../src/artifact/overlay-tree.ts';
import { readBlobs } from '../../src/artifact/read-blobs.ts';
import { resolveCommit } from '../../src/artifact/resolve-commit.ts';
import { listTracked } from '../../src/artifact/tracked-files.ts';
import { listTree, treeDigest } from '../../src/artifact/tree-digest.ts';
import { commitAll, git, makeSandbox, type Sandbox, workingCopy, writeTree } from './git-sandbox.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await makeSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

const AUTHOR = { name: 'Ada L', email: 'ada@example.com' };
const DATE = '2026-05-21T05:33:34.567Z';

async function fileAt(repo: string, commit: string, path: string): Promise<Buffer | null | undefined> {
  return (await filesAt(repo, commit, [path])).get(path);
}

describe('reading a repository', () => {
  test('gives head, branch, parent, time and cleanness', async () => {
    const repo = sandbox.repository('repo', { a: 'one', 'sub/b': 'two' });
    const first = git(repo, 'rev-parse', 'HEAD');
    expect(await headOf(repo)).toBe(first);
    expect(await headOf(join(repo, 'sub'))).toBe(first);
    expect(await branchOf(repo)).toBe('main');
    expect(await commitTime(repo, 'main')).toEqual(new Date('2026-05-21T05:33:34Z'));
    expect(await isClean(repo)).toBe(true);
    await expect(parentOf(repo, first)).rejects.toMatchObject({ code: 'unknown-commit' });

    git(repo, 'checkout', '--quiet', '--detach');
    expect(await branchOf(repo)).toBeNull();
  });

  test('names every changed, removed, staged and untracked path, but no ignored one', async () => {
    const repo = sandbox.repository('repo', { a: '1', 'b c': '2', 'é\nx': '3', '.gitignore': 'ignored\n' });
    writeTree(repo, { a: 'changed', 'new/file': 'x', ignored: 'y' });
    rmSync(join(repo, 'b c'));
    git(repo, 'mv', 'é\nx', 'moved');
    expect((await dirtyPaths(repo)).toSorted()).toEqual(['a', 'b c', 'moved', 'new/file', 'é\nx'].toSorted());
    expect(await isClean(repo)).toBe(false);
  });

  test('does not write to it, not even the index', async () => {
    const repo = sandbox.repository('repo', { a: '1' });
    writeFileSync(join(repo, 'a'), '1');
    const before = treeDigest(await listTree(repo));
    await isClean(repo);
    await branchOf(repo);
    await fileAt(repo, 'HEAD', 'a');
    expect(treeDigest(await listTree(repo))).toBe(before);
  });

  test('gives a file’s bytes at a commit, a link’s target, and null for what is no file', async () => {
    const bytes = Buffer.from([0, 255, 13, 10, 10]);
    const repo = sandbox.repository('repo', { 'd/x': bytes, link: '-> d/x', '*': 'star' });
    writeFileSync(join(repo, 'd/x'), 'later');
    expect(await fileAt(repo, 'HEAD', 'd/x')).toEqual(bytes);
    expect(await fileAt(repo, 'HEAD', 'link')).toEqual(Buffer.from('d/x'));
    expect(await fileAt(repo, 'HEAD', '*')).toEqual(Buffer.from('star'));
    expect(await fileAt(repo, 'HEAD', 'd')).toBeNull();
    expect(await fileAt(repo, 'HEAD', 'd/*')).toBeNull();
    expect(await fileAt(join(repo, 'd'), 'HEAD', 'd/x')).toEqual(bytes);
  });

  test('counts what differs between two commits', async () => {
    const repo = sandbox.repository('repo', { a: '1\n2\n3\n', b: 'x\n', 'with\ttab': 'y\n' });
    writeTree(repo, { a: '1\n2\nthree\nfour\n', bin: Buffer.from([0, 1, 2]), 'with\ttab': 'z\n' });
    rmSync(join(repo, 'b'));
    const commit = await commitAll(repo, { message: 'm', author: AUTHOR, date: DATE });
    expect(await diffStat(repo, `${commit}^`, commit)).toEqual({
      filesChanged: 4,
      insertions: 3,
      deletions: 3,
    });
    expect(await parentOf(repo, commit)).toBe(git(repo, 'rev-parse', 'HEAD^'));
  });
});

describe('a hostile caller or repository', () => {
  test.each(['--output=/tmp/x', '-h', '', 'a\nb', 'HEAD\0'])(
    'the commit %j is refused before git sees it',
    async (name) => {
      const repo = sandbox.repository('repo', {});
      await expect(resolveCommit(repo, name)).rejects.toMatchObject({ code: 'unsafe-argument' });
      await expect(fileAt(repo, 'HEAD', name)).rejects.toMatchObject({ code: 'unsafe-argument' });
    },
  );

  test('a name that leads to no commit is unknown', async () => {
    const repo = sandbox.repository('repo', { a: '' });
    for (const name of ['nope', 'HEAD^', 'HEAD:a', 'HEAD..HEAD', '0'.repeat(40)]) {
      await expect(resolveCommit(repo, name)).rejects.toMatchObject({ code: 'unknown-commit' });
    }
  });

  test('a folder that is no repository, and one that is not there, are told', async () => {
    await expect(headOf(sandbox.directory)).rejects.toMatchObject({ code: 'not-a-repository' });
    await expect(headOf(join(sandbox.directory, 'no'))).rejects.toMatchObject({ code: 'not-a-repository' });
    const empty = join(sandbox.directory, 'empty');
    mkdirSync(empty);
    git(empty, 'init', '--quiet');
    await expect(headOf(empty)).rejects.toMatchObject({ code: 'unknown-commit' });
  });

  test('no program of the repository’s own is started', async () => {
    const repo = sandbox.repository('repo', { a: '1' });
    const mark = join(sandbox.directory, 'started');
    const program = join(sandbox.directory, 'program');
    writeTree(sandbox.directory, { program: `#!/bin/sh\ntouch '${mark}'\n` });
    for (const hook of [
      'post-checkout',
      'pre-commit',
      'post-merge',
      'reference-transaction',
      'post-index-change',
    ]) {
      writeTree(join(repo, '.git/hooks'), { [hook]: `#!/bin/sh\ntouch '${mark}'\n` });
    }
    git(repo, 'config', 'core.fsmonitor', program);
    git(repo, 'config', 'core.pager', program);
    git(repo, 'config', 'commit.gpgSign', 'true');
    git(repo, 'config', 'gpg.program', program);
    git(repo, 'config', 'diff.external', program);
    for (const kind of ['clean', 'smudge', 'process']) git(repo, 'config', `filter.a=b.${kind}`, program);
    git(repo, 'config', 'filter.a=b.required', 'true');
    writeFileSync(join(repo, '.git/info/attributes'), '* filter=a=b\n');
    writeFileSync(join(repo, 'a'), '2');
    rmSync(mark, { force: true });
    await isClean(repo);
    const overlaid = await overlayTree(repo, 'HEAD', [{ path: 'a', mode: '100644', from: program }]);
    await commitTree(repo, { tree: overlaid.tree, message: 'm', author: AUTHOR, date: DATE });
    await diffStat(repo, 'HEAD^', 'HEAD');
    const copy = join(sandbox.directory, 'copy');
    await cloneShared(repo, copy, 'HEAD');
    await checkOutRaw(copy, overlaid.tree, copy);
    expect(existsSync(mark)).toBe(false);
  });

  test('the caller’s git environment does not lead elsewhere', async () => {
    const [repo, other] = [sandbox.repository('repo', { a: '1' }), sandbox.repository('other', { b: '2' })];
    const before = process.env['GIT_DIR'];
    process.env['GIT_DIR'] = join(other, '.git');
    try {
      expect(await fileAt(repo, 'HEAD', 'a')).toEqual(Buffer.from('1'));
    } finally {
      if (before === undefined) delete process.env['GIT_DIR'];
      else process.env['GIT_DIR'] = before;
    }
  });

  test('a stopped signal stops', async () => {
    const repo = sandbox.repository('repo', {});
    await expect(headOf(repo, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('a shared clone', () => {
  test('has a detached HEAD and no files yet, and leaves the source byte for byte as it was', async () => {
    const repo = sandbox.repository('repo', { a: '1', 'b/run': '#!x', link: '-> a' });
    const commit = git(repo, 'rev-parse', 'HEAD');
    writeTree(repo, { a: 'not committed' });
    const before = treeDigest(await listTree(repo));
    const copy = join(sandbox.directory, 'copy');
    await cloneShared(repo, copy, commit);
    expect(treeDigest(await listTree(repo))).toBe(before);
    expect(readdirSync(copy)).toEqual(['.git']);
    expect(await headOf(copy)).toBe(commit);
    expect(await branchOf(copy)).toBeNull();

    writeTree(copy, { a: '2' });
    await commitAll(copy, { message: 'm', author: AUTHOR, date: DATE });
    expect(treeDigest(await listTree(repo))).toBe(before);
  });

  test('is not made over something else', async () => {
    const repo = sandbox.repository('repo', {});
    writeTree(sandbox.directory, { 'copy/x': '1' });
    await expect(cloneShared(repo, join(sandbox.directory, 'copy'), 'HEAD')).rejects.toMatchObject({
      code: 'directory-exists',
    });
  });
});

describe('a commit', () => {
  test('has the same id in two clones at different times, and its parent, author, date and message', async () => {
    const repo = sandbox.repository('repo', { a: '1', gone: 'x' });
    const ids: string[] = [];
    for (const name of ['one', 'two']) {
      const copy = join(sandbox.directory, name);
      await workingCopy(repo, copy, 'main');
      writeTree(copy, { a: '2', 'new/run': '#!/bin/sh\n' });
      rmSync(join(copy, 'gone'));
      const date = name === 'one' ? DATE : new Date(DATE);
      ids.push(await commitAll(copy, { message: 'feat: x\n\nbody — ü\n\n', author: AUTHOR, date }));
    }
    expect(ids[0]).toBe(ids[1]);
    const one = join(sandbox.directory, 'one');
    expect(git(one, 'show', '--no-patch', '--format=%P|%an <%ae>|%cn|%at|%ct|%B', 'HEAD').trim()).toBe(
      `${git(repo, 'rev-parse', 'main')}|Ada L <ada@example.com>|Ada L|1779341614|1779341614|feat: x\n\nbody — ü`,
    );
    expect(git(one, 'ls-tree', '-r', '--format=%(objectmode) %(path)', 'HEAD')).toBe(
      '100644 a\n100755 new/run',
    );
    expect(await isClean(one)).toBe(true);
  });

  test('of nothing is refused, and so are authors that git would rewrite', async () => {
    const repo = sandbox.repository('repo', { a: '1' });
    const commit = { message: 'm', author: AUTHOR, date: DATE };
    await expect(commitAll(repo, commit)).rejects.toMatchObject({ code: 'nothing-to-commit' });
    for (const wrong of [
      { ...commit, author: { name: 'A <b', email: 'x' } },
      { ...commit, author: { name: 'A\nB', email: 'x' } },
      { ...commit, message: ' ' },
      { ...commit, date: 'yesterday' },
    ]) {
      await expect(commitAll(repo, wrong)).rejects.toMatchObject({ code: 'unsafe-argument' });
    }
  });
});

test('blobs that are asked for late are whole, though git has long ended', async () => {
  const repo = sandbox.repository('repo', { a: 'one', b: 'two' });
  const entries = await listTracked(git(repo, 'rev-parse', 'HEAD'), { cwd: repo });
  const reader = readBlobs(
    entries.map(({ blob }) => blob),
    { cwd: repo },
  );
  // Blocks this process for longer than the other one takes; then its end is heard.
  for (const _ of entries) git(repo, 'fsck');
  for (const _ of Array.from({ length: 5 })) await setImmediate();
  for (const content of ['one', 'two'])
    expect(await buffer((await reader.next()).content)).toEqual(Buffer.from(content));
  await reader.close();
});
