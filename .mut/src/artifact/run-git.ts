import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { isAbsolute, join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { gitIsolation, gitSettings } from './git-environment.ts';
import { GitError } from './git-error.ts';
import { openRepositoryView } from './repository-view.ts';

/**
 * Nothing of the caller's environment but the search path: GIT_DIR and its like would send us to another repository. Of the
 * path only what is absolute: an empty or relative part of it is a folder of the repository that git stands in.
 */
const environment: Readonly<Record<string, string>> = {
  ...gitIsolation,
  PATH: (process.env['PATH'] ?? '').split(':').filter(isAbsolute).join(':'),
  GIT_LITERAL_PATHSPECS: '1',
  GIT_COMMITTER_NAME: 'Interlock',
  GIT_COMMITTER_EMAIL: 'interlock@localhost',
};

/** ms; a pipe in the place of a file that git reads would hold it for ever. */
const deadline = 15 * 60_000;

export type GitCall = {
  /** The repository, or any folder in it. */
  readonly cwd: string;
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
};

export type NewRepository = {
  readonly isBare: boolean;
  readonly objectFormat?: string;
  readonly signal?: AbortSignal | undefined;
};

export type GitAnswer = { readonly code: number; readonly stdout: Buffer; readonly stderr: string };

/**
 * Starts git with argv, hermetically; for streaming. The repository is seen through a view (repository-view.ts), so that nothing
 * in its configuration counts. Throws GitError `not-a-repository`.
 */
export function startGit(args: readonly string[], call: GitCall): ChildProcessWithoutNullStreams {
  const isNamed = call.env?.['GIT_DIR'] !== undefined;
  const view = isNamed ? undefined : openRepositoryView(call.cwd, listSettings);
  const child = spawn('git', ['--no-pager', ...gitSettings, ...args], {
    cwd: call.cwd,
    env: { ...environment, ...view?.env, ...call.env },
    stdio: 'pipe',
    timeout: deadline,
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  });
  // Not before its end: it takes its locks away through the view. And before those who wait for that end.
  child.once('close', () => {
    try {
      view?.close();
    } catch (cause) {
      child.emit('error', cause);
    }
  });
  return child;
}

/**
 * Every setting of a file, as `git config --null --list` gives it: by git's own reader of files, outside of any repository; it
 * follows no include and starts nothing. Throws GitError.
 */
export function listSettings(file: string): string[] {
  const args = ['config', '--file', file, '--no-includes', '--null', '--list'];
  const env = { ...environment, GIT_DIR: '/nonexistent' };
  const { error, status, stdout, stderr } = spawnSync('git', args, {
    cwd: '/',
    env,
    encoding: 'utf8',
    timeout: 30_000,
  });
  if (error) throw startFault(error);
  if (status !== 0) throw gitFailed(args, { code: status ?? -1, stderr });
  return stdout.split('\0').slice(0, -1);
}

/**
 * Waits for the end of a git process. Resolves with its exit code; throws GitError `git-missing`, `aborted`,
 * `git-failed` (by a signal).
 */
export async function endOfGit(child: ChildProcessWithoutNullStreams): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => reject(startFault(cause)));
    child.once('close', (code, signal) => {
      if (code !== null) resolve(code);
      else reject(new GitError('git-failed', `expected git to end by itself, got signal ${signal}`));
    });
  });
}

/** Runs git to its end. Any exit code is an answer. Throws GitError as `startGit` and `endOfGit` do. */
export async function runGit(args: readonly string[], call: GitCall): Promise<GitAnswer> {
  if (call.signal?.aborted === true) throw aborted(call.signal.reason);
  const child = startGit(args, call);
  // git may close its input before it has read all of it; its exit code tells what that means.
  child.stdin.on('error', () => {});
  child.stdin.end(call.input ?? '');
  const [code, stdout, stderr] = await Promise.all([
    endOfGit(child),
    buffer(child.stdout),
    text(child.stderr),
  ]);
  return { code, stdout, stderr };
}

/** Makes a repository of our own in an empty folder. Throws GitError. */
export async function initRepository(
  directory: string,
  { isBare, objectFormat = 'sha1', signal }: NewRepository,
): Promise<void> {
  const args = [
    'init',
    '--quiet',
    '--template=',
    `--object-format=${objectFormat}`,
    ...(isBare ? ['--bare'] : []),
  ];
  await askGit(args, {
    cwd: directory,
    signal,
    env: { GIT_DIR: isBare ? directory : join(directory, '.git') },
  });
}

/**
 * Runs git and gives its output without the last line's end. Throws GitError `git-failed` unless it exits
 * with 0.
 */
export async function askGit(args: readonly string[], call: GitCall): Promise<string> {
  const answer = await runGit(args, call);
  if (answer.code !== 0) throw gitFailed(args, answer);
  return answer.stdout.toString().replace(/\n$/, '');
}

export function gitFailed(
  args: readonly string[],
  { code, stderr }: Pick<GitAnswer, 'code' | 'stderr'>,
): GitError {
  return new GitError(
    'git-failed',
    `expected git ${args[0] ?? ''} to exit with 0, got ${code}: ${stderr.trim().slice(0, 2000)}`,
  );
}

/**
 * Throws GitError `unsafe-argument` on a value that git would take for an option, or that ends an argument
 * early.
 */
export function assertPlainArgument(what: string, value: string): void {
  if (value === '' || value.startsWith('-') || value.includes('\0') || value.includes('\n')) {
    throw new GitError(
      'unsafe-argument',
      `expected ${what} without a leading dash, a NUL or a newline, got ${JSON.stringify(value)}`,
    );
  }
}

function startFault(cause: Error & { code?: string }): GitError {
  if (cause instanceof GitError) return cause;
  if (cause.name === 'AbortError') return aborted(cause);
  if (cause.code === 'ENOENT')
    return new GitError('git-missing', 'expected git on the PATH, got none; install git', { cause });
  return new GitError('git-failed', 'expected to start git, got an error of the system', { cause });
}

function aborted(cause: unknown): GitError {
  return new GitError('aborted', 'the git operation was stopped', { cause });
}
