import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { buffer, text } from 'node:stream/consumers';
import { GitError } from './git-error.ts';

/**
 * Settings that win over a repository's own. The repository is not trusted to start programs: no hooks, no
 * file system monitor, no signing program, no external transports (and no filters: see without-filters.ts); nor to change what bytes mean (line ends,
 * commit encoding) or to tidy up meanwhile.
 */
const SETTINGS = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.untrackedCache=false',
  'core.attributesFile=/dev/null',
  'core.excludesFile=/dev/null',
  'core.autocrlf=false',
  'core.quotePath=false',
  'core.pager=cat',
  'commit.gpgSign=false',
  'i18n.commitEncoding=UTF-8',
  'gc.auto=0',
  'maintenance.auto=false',
  'protocol.allow=never',
  'protocol.file.allow=always',
  'submodule.recurse=false',
  'advice.detachedHead=false',
].flatMap((setting) => ['-c', setting]);

/**
 * Nothing of the caller's environment but the search path: GIT_DIR and its like would send us to another
 * repository.
 */
const ENVIRONMENT = {
  PATH: process.env['PATH'],
  LC_ALL: 'C',
  TZ: 'UTC',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_LITERAL_PATHSPECS: '1',
  GIT_PAGER: 'cat',
  GIT_EDITOR: 'false',
  GIT_COMMITTER_NAME: 'Interlock',
  GIT_COMMITTER_EMAIL: 'interlock@localhost',
};

export type GitCall = {
  /** The repository, or any folder in it. */
  readonly cwd: string;
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
};

export type GitAnswer = { readonly code: number; readonly stdout: Buffer; readonly stderr: string };

/**
 * Starts git with argv, hermetically; for streaming. Throws GitError `not-a-repository` when there is no such
 * folder.
 */
export function startGit(args: readonly string[], call: GitCall): ChildProcessWithoutNullStreams {
  if (statSync(call.cwd, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new GitError('not-a-repository', `expected a git repository at ${call.cwd}, got no such folder`);
  }
  return spawn('git', ['--no-pager', ...SETTINGS, ...args], {
    cwd: call.cwd,
    env: { ...ENVIRONMENT, ...call.env },
    stdio: 'pipe',
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  });
}

/**
 * Waits for the end of a git process. Resolves with its exit code; throws GitError `git-missing`, `aborted`,
 * `git-failed` (by a signal).
 */
export async function endOfGit(child: ChildProcessWithoutNullStreams): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(startFault(cause)));
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
  if (cause.name === 'AbortError') return aborted(cause);
  if (cause.code === 'ENOENT')
    return new GitError('git-missing', 'expected git on the PATH, got none; install git', { cause });
  return new GitError('git-failed', 'expected to start git, got an error of the system', { cause });
}

function aborted(cause: unknown): GitError {
  return new GitError('aborted', 'the git operation was stopped', { cause });
}
