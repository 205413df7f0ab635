// One branch of a remote repository, through a bare clone of our own. Everything by git's plumbing, hermetically.
import { createHash, randomUUID } from 'node:crypto';
import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GitError } from '../artifact/git-error.ts';
import { askGit, assertPlainArgument, type GitCall, gitFailed, runGit } from '../artifact/run-git.ts';
import type { GitPlace } from './publish-git.ts';
import type { TreeChange } from './publish-git-compare.ts';

export interface PublishGitRemote extends AsyncDisposable {
  /** Call of git in the clone, for reading what was fetched. */
  readonly call: GitCall;
  /** Commit that the branch is at there; null when there is no such branch. */
  head(): Promise<string | null>;
  /** The same, with everything that it leads to brought here. */
  fetch(): Promise<string | null>;
  /** A commit of these changes on `parent`; nothing leaves this machine. */
  commit(parent: string | null, changes: readonly TreeChange[], message: string): Promise<string>;
  /** Moves the branch there to the commit, forward only. Null, or what git said. */
  push(commit: string): Promise<string | null>;
  /** Asks the other side whether it takes pushes, without one. Null, or what git said. */
  tryPush(): Promise<string | null>;
}

/** Over SSH nothing may ask, and an unknown host key is a fault: in a report's way nobody would see the question. */
const defaultSsh = 'ssh -o BatchMode=yes -o StrictHostKeyChecking=yes';
const transport = ['-c', 'protocol.ssh.allow=always'];

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

  /** What git said when it does not exit with 0. */
  async function attempt(args: readonly string[]): Promise<string | null> {
    const answer = await runGit([...transport, ...args], call);
    return answer.code === 0
      ? null
      : (answer.stderr.trim() || answer.stdout.toString().trim()).slice(0, 1000);
  }

  async function head(): Promise<string | null> {
    const answer = await runGit([...transport, 'ls-remote', '--refs', repository, ref], call);
    if (answer.code !== 0) throw gitFailed(['ls-remote'], answer);
    return /^([0-9a-f]{40})\t/.exec(answer.stdout.toString())?.[1] ?? null;
  }

  return {
    call,
    head,

    async fetch() {
      if ((await head()) === null) return null;
      const said = await attempt([
        ...['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules'],
        ...[repository, `+${ref}:${fetched}`],
      ]);
      if (said !== null) throw new GitError('git-failed', `expected git fetch to exit with 0, got: ${said}`);
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

    push: (commit) => attempt(['push', '--quiet', '--no-verify', repository, `${commit}:${ref}`]),

    async tryPush() {
      // A dry run asks the other side, but not its file system; where the other side is a directory here, that is asked.
      if (repository.startsWith('/')) {
        const git = await askGit(['rev-parse', '--absolute-git-dir'], { ...call, cwd: repository });
        const refused = await access(join(git, 'objects'), constants.W_OK).catch(
          (cause: Error) => cause.message,
        );
        if (refused) return refused;
      }
      const tree = await askGit(['hash-object', '-t', 'tree', '-w', '--stdin'], { ...call, input: '' });
      const commit = await askGit(['commit-tree', tree, '-m', 'trial'], call);
      const trial = `refs/heads/interlock-trial-${randomUUID()}`;
      return attempt(['push', '--quiet', '--no-verify', '--dry-run', repository, `${commit}:${trial}`]);
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
    await askGit(['init', '--quiet', '--bare', '--template='], { cwd: draft, signal });
    await rename(draft, cwd);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another call was faster; its clone is as good.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY')) throw error;
  }
}
