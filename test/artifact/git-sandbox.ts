// Real repositories in a directory of their own, for the tests beside.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

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
      git(repo, 'add', '--all', '--force');
      git(repo, 'commit', '--quiet', '--allow-empty', '-m', 'baseline');
      return repo;
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
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
