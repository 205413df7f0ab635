// Repositories of every form, seen through a view: the same is read and written as ordinary git does.
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fastForward } from '../../src/artifact/fast-forward.ts';
import { branchOf, dirtyPaths, headOf, isClean, parentOf } from '../../src/artifact/git.ts';
import { askGit } from '../../src/artifact/run-git.ts';
import { gitState, parseGitState } from '../../src/host/commands/observe-git.ts';
import { LocalHost } from '../../src/host/local-host.ts';
import { git, makeSandbox, type Sandbox, writeTree } from './git-sandbox.ts';

let sandbox: Sandbox;
let host: LocalHost;
beforeEach(async () => {
  sandbox = await makeSandbox();
  host = new LocalHost();
});
afterEach(async () => {
  await host.close();
  await sandbox[Symbol.asyncDispose]();
});

/** What this process and what a host reads of it must agree with ordinary git. */
async function expectSeenAs(repo: string, branch: string | null, changes: readonly string[]): Promise<void> {
  const head = git(repo, 'rev-parse', 'HEAD');
  expect(await headOf(repo)).toBe(head);
  expect(await branchOf(repo)).toBe(branch);
  expect(await dirtyPaths(repo)).toEqual(changes);
  const state = parseGitState(await host.run(gitState(repo)));
  if (state.state !== 'present') throw new Error(state.reason);
  expect(state.value.head).toBe(head);
  expect(state.value.branch ?? null).toBe(branch);
  expect(state.value.changes.map((each) => each.slice(3))).toEqual(changes);
}

async function advance(repo: string, branch: string): Promise<void> {
  const from = git(repo, 'rev-parse', branch);
  const source = join(sandbox.directory, `source-${branch}`);
  git(sandbox.directory, 'clone', '--quiet', '--branch', branch, repo, source);
  writeTree(source, { a: 'moved', 'new/x': '1' });
  git(source, 'add', '--all');
  git(source, 'commit', '--quiet', '-m', 'm');
  const to = git(source, 'rev-parse', 'HEAD');
  await fastForward({ repository: repo, branch, from, to, source });
  expect(git(repo, 'rev-parse', branch)).toBe(to);
  expect(await parentOf(repo, to)).toBe(from);
  rmSync(source, { recursive: true });
  // It does not lean on what is gone.
  expect(git(repo, 'fsck', '--strict')).not.toMatch(/missing|error/);
}

describe('a view', () => {
  it('of a linked working tree has its own head and index, and moves its branch with its files', async () => {
    const repo = sandbox.repository('repo', { a: '1', b: '1' });
    const linked = join(sandbox.directory, 'linked');
    git(repo, 'worktree', 'add', '--quiet', '-b', 'work', linked);
    writeTree(linked, { b: 'changed' });
    await expectSeenAs(linked, 'work', ['b']);
    await expectSeenAs(repo, 'main', []);
    git(linked, 'checkout', '--quiet', 'b');
    await advance(linked, 'work');
    expect(readFileSync(join(linked, 'a'), 'utf8')).toBe('moved');
    await expectSeenAs(linked, 'work', []);
    await expectSeenAs(repo, 'main', []);
    await expect(
      fastForward({
        repository: linked,
        branch: 'main',
        from: git(repo, 'rev-parse', 'main'),
        to: git(repo, 'rev-parse', 'work'),
        source: repo,
      }),
    ).rejects.toMatchObject({ code: 'checked-out-elsewhere' });
  });

  it('of a detached head gives the commit to the repository itself', async () => {
    const repo = sandbox.repository('repo', { a: '1' });
    git(repo, 'checkout', '--quiet', '--detach');
    writeTree(repo, { a: '2' });
    await expectSeenAs(repo, null, ['a']);
    git(repo, 'add', '--all');
    const id = git(repo, 'commit-tree', git(repo, 'write-tree'), '-p', 'HEAD', '-m', 'm');
    await askGit(['update-ref', 'HEAD', id], { cwd: repo });
    expect(readFileSync(join(repo, '.git/HEAD'), 'utf8')).toBe(`${id}\n`);
    await expectSeenAs(repo, null, []);
    expect(existsSync(join(repo, '.git/HEAD.lock'))).toBe(false);
  });

  it.each([
    ['of packed refs', ['pack-refs', '--all']],
    ['of a split index', ['update-index', '--split-index']],
    ['of packed objects', ['gc', '--quiet']],
    ['of files without modes', ['config', 'core.fileMode', 'false']],
    ['of a head that is a link', null],
  ])('%s', async (_, args) => {
    const repo = sandbox.repository('repo', { a: '1', 'b/run': '#!x' });
    if (args !== null) git(repo, ...args);
    else {
      rmSync(join(repo, '.git/HEAD'));
      symlinkSync('refs/heads/main', join(repo, '.git/HEAD'));
    }
    writeTree(repo, { a: '2' });
    await expectSeenAs(repo, 'main', ['a']);
    git(repo, 'checkout', '--quiet', 'a');
    await advance(repo, 'main');
    await expectSeenAs(repo, 'main', []);
  });

  it('of SHA-256 objects', async () => {
    const repo = join(sandbox.directory, 'repo');
    git(sandbox.directory, 'init', '--quiet', '--object-format=sha256', '--initial-branch=main', repo);
    writeTree(repo, { a: '1' });
    git(repo, 'add', '.');
    git(repo, 'commit', '--quiet', '-m', 'one');
    await expectSeenAs(repo, 'main', []);
    await advance(repo, 'main');
  });

  it('of a shallow clone ends where that ends', async () => {
    const origin = sandbox.repository('origin', { a: '1' });
    writeTree(origin, { a: '2' });
    git(origin, 'commit', '--quiet', '--all', '-m', 'two');
    const repo = join(sandbox.directory, 'repo');
    git(sandbox.directory, 'clone', '--quiet', '--depth=1', `file://${origin}`, repo);
    await expectSeenAs(repo, 'main', []);
    await advance(repo, 'main');
  });

  it('is gone when git has ended, and never leads to what a caller’s path has in it', async () => {
    const repo = sandbox.repository('repo', { a: '1' });
    const views = () => readdirSync(tmpdir()).filter((name) => name.startsWith('interlock-git-'));
    const view = await askGit(['rev-parse', '--absolute-git-dir'], { cwd: repo });
    expect(view).toContain('interlock-git-');
    expect(existsSync(view)).toBe(false);
    await Promise.all([isClean(repo), isClean(repo), headOf(repo).catch(() => null)]);
    expect(views().some((name) => view.endsWith(name))).toBe(false);
  });

  it.skipIf(process.getuid?.() !== 0)('is not opened on a repository of another user', async () => {
    const repo = sandbox.repository('repo', { a: '1' });
    chownSync(join(repo, '.git'), 65_534, 65_534);
    await expect(headOf(repo)).rejects.toMatchObject({
      code: 'not-a-repository',
      message: expect.stringMatching(/belongs to the user 0.*of the user 65534/),
    });
  });

  it('is not opened on refs in a form that it cannot link, nor on a configuration that cannot be read', async () => {
    const repo = sandbox.repository('repo', { a: '1' });
    const config = readFileSync(join(repo, '.git/config'), 'utf8');
    writeFileSync(join(repo, '.git/config'), `${config}[extensions]\n\trefStorage = reftable\n`);
    await expect(headOf(repo)).rejects.toMatchObject({
      code: 'not-a-repository',
      message: expect.stringContaining('reftable'),
    });
    const state = await host.run(gitState(repo));
    expect(state).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('reftable') });
    writeFileSync(join(repo, '.git/config'), '[core\n');
    await expect(headOf(repo)).rejects.toMatchObject({ code: 'git-failed' });
    rmSync(join(repo, '.git/config'));
    mkdirSync(join(repo, '.git/config'));
    await expect(headOf(repo)).rejects.toMatchObject({ code: 'not-a-repository' });
  });
});
