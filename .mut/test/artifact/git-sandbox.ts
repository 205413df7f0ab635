// Real repositories in a directory of their own, for the tests beside.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { commitTree, type NewCommit } from '../../src/artifact/commit-tree.ts';
import { cloneShared } from '../../src/artifact/git.ts';

export type Sandbox = AsyncDisposable & {
  readonly directory: string;
  /**
   * A repository on `main` with one commit of these files; `-> x` as content makes a symlink, a leading `#!`
   * an executable.
   */
  readonly repository: (name: string, files: Readonly<Record<string, string | Buffer>>) => string;
};

export async function makeSandbox(): Promise<Sandbox> {
  const directory = await mkdtemp(join(tmpdir(), 'interlock-artifact-'));
  return {
    directory,
    repository: (name, files) => {
      const repo = join(directory, name);
      mkdirSync(repo);
      git(repo, 'init', '--quiet', '--initial-branch=main');
      writeTree(repo, files);
      commitMore(repo);
      return repo;
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** Commits whatever is in a repository, as its owner would. */
export function commitMore(repo: string): void {
  git(repo, 'add', '--all', '--force');
  git(repo, 'commit', '--quiet', '--allow-empty', '-m', 'baseline');
}

export function writeTree(directory: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    const absolute = join(directory, path);
    mkdirSync(dirname(absolute), { recursive: true });
    const text = content.toString('latin1');
    if (text.startsWith('-> ')) {
      symlinkSync(text.slice(3), absolute);
      continue;
    }
    writeFileSync(absolute, content);
    chmodSync(absolute, text.startsWith('#!') ? 0o755 : 0o644);
  }
}

/** A shared clone with its files checked out, as somebody who works in it has them. */
export async function workingCopy(repo: string, directory: string, commit: string): Promise<void> {
  await cloneShared(repo, directory, commit);
  git(directory, 'reset', '--quiet', '--hard');
}

/** Commits everything that is in a working copy. */
export async function commitAll(repo: string, commit: Omit<NewCommit, 'tree'>): Promise<string> {
  git(repo, 'add', '--all', ':/');
  return commitTree(repo, { ...commit, tree: git(repo, 'write-tree') });
}

export function git(cwd: string, ...args: string[]): string {
  const env = {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'A',
    GIT_AUTHOR_EMAIL: 'a@example.com',
    GIT_COMMITTER_NAME: 'A',
    GIT_COMMITTER_EMAIL: 'a@example.com',
    GIT_AUTHOR_DATE: '2026-05-21T05:00:00Z',
    GIT_COMMITTER_DATE: '2026-05-21T05:33:34Z',
  };
  return execFileSync('git', args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}
