// One branch of a remote repository, through a bare clone of our own. Everything by git's plumbing, hermetically.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { askGit, assertPlainArgument, type GitCall, initRepository, runGit } from '../artifact/run-git.ts';
import type { GitPlace } from './publish-git.ts';
import type { TreeChange } from './publish-git-compare.ts';
import { transportHere, transportOverSsh } from './publish-git-transport.ts';

export interface PublishGitRemote extends AsyncDisposable {
  /** Call of git in the clone, for reading what was fetched. */
  readonly call: GitCall;
  /** Commit that the branch is at there; null when there is no such branch. */
  head(): Promise<string | null>;
  /** The same, with everything that it leads to brought here. */
  fetch(): Promise<string | null>;
  /** A commit of these changes on `parent`; nothing leaves this machine. */
  commit(parent: string | null, changes: readonly TreeChange[], message: string): Promise<string>;
  /** Moves the branch there to a commit on `from`, as `fetch` gave it. Null, or why it was refused. */
  push(commit: string, from: string | null): Promise<string | null>;
  /** Asks the other side whether it takes pushes, without one. Null, or what git said. */
  tryPush(): Promise<string | null>;
}

/** Over SSH nothing is started or forwarded for the other side, nothing may ask, and an unknown host key is a fault: in a report's way nobody would see the question. */
const defaultSsh =
  'ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o PermitLocalCommand=no -o ForwardAgent=no -o ClearAllForwardings=yes';

/** Throws GitError, also from each of its functions. */
export async function openGitRemote(place: GitPlace, signal: AbortSignal): Promise<PublishGitRemote> {
  const { repository, branch, workDirectory } = place;
  assertPlainArgument('a repository', repository);
  assertPlainArgument('a branch', branch);
  const name = createHash('sha256').update(`${repository}\n${branch}`).digest('hex').slice(0, 16);
  const cwd = join(workDirectory, name);
  const env = {
    GIT_SSH_COMMAND: place.sshCommand ?? defaultSsh,
    GIT_AUTHOR_NAME: 'Interlock',
    GIT_AUTHOR_EMAIL: 'interlock@localhost',
  };
  const call: GitCall = { cwd, env, signal };
  await makeClone(workDirectory, cwd, signal);
  const ref = `refs/heads/${branch}`;
  // Of this call alone: another one may fetch into the same clone at the same time.
  const fetched = `refs/interlock/fetched-${randomUUID()}`;
  const index = join(cwd, `index-${randomUUID()}`);
  const transport = (repository.startsWith('/') ? transportHere : transportOverSsh)(repository, ref, call);

  return {
    call,
    head: () => transport.head(),

    async fetch() {
      const head = await transport.head();
      if (head === null) return null;
      await transport.fetch(head, fetched);
      const commit = await askGit(['rev-parse', '--verify', `${fetched}^{commit}`], call);
      // So that the next call has something to build on; of two at once, either will do.
      await runGit(['update-ref', 'refs/interlock/known', commit], call);
      return commit;
    },

    async commit(parent, changes, message) {
      const staging = { ...call, env: { ...env, GIT_INDEX_FILE: index } };
      await askGit(['read-tree', ...(parent === null ? ['--empty'] : [parent])], staging);
      const entries = changes.map(({ path, blob }) => `100644 ${blob}\t${path}\0`).join('');
      await askGit(['update-index', '-z', '--index-info'], { ...staging, input: entries });
      const tree = await askGit(['write-tree'], staging);
      const parents = parent === null ? [] : ['-p', parent];
      return askGit(['commit-tree', tree, ...parents, '-F', '-'], { ...call, input: message });
    },

    push: (commit, from) => transport.push(commit, from),

    async tryPush() {
      const tree = await askGit(['hash-object', '-t', 'tree', '-w', '--stdin'], { ...call, input: '' });
      const commit = await askGit(['commit-tree', tree, '-m', 'trial'], call);
      return transport.tryPush(commit, `refs/heads/interlock-trial-${randomUUID()}`);
    },

    async [Symbol.asyncDispose]() {
      await rm(index, { force: true });
      await rm(`${index}.lock`, { force: true });
      await runGit(['update-ref', '-d', fetched], { cwd, env }).catch(() => undefined);
    },
  };
}

/** An empty bare repository at `cwd`, whole or not at all: git's own `init` trips over another one in the same place. */
async function makeClone(workDirectory: string, cwd: string, signal: AbortSignal): Promise<void> {
  if ((await readdir(cwd).catch(() => [])).length > 0) return;
  await mkdir(workDirectory, { recursive: true, mode: 0o700 });
  const draft = await mkdtemp(join(workDirectory, '.clone-'));
  try {
    await initRepository(draft, { isBare: true, signal });
    await rename(draft, cwd);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another call was faster; its clone is as good.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY')) throw error;
  }
}
