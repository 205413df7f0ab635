import { ArtifactError } from './artifact-error.ts';
import { askGit, type GitCall, gitFailed, runGit } from './run-git.ts';
import { comparePaths } from './safe-path.ts';
import type { FileMode } from './tree-digest.ts';

export type TrackedEntry = { readonly path: string; readonly mode: FileMode; readonly blob: string };

/**
 * Every tracked file of a commit (full id), in bytewise order. Throws ArtifactError `unsupported-entry` on a
 * submodule, `unsafe-path`.
 */
export async function listTracked(commit: string, call: GitCall): Promise<TrackedEntry[]> {
  const args = ['ls-tree', '-r', '-z', '--full-tree', commit];
  const answer = await runGit(args, call);
  if (answer.code !== 0) throw gitFailed(args, answer);
  return splitNul(answer.stdout)
    .map((line) => {
      const [, mode, type, blob = '', path = ''] = /^(\d{6}) (\w+) ([0-9a-f]+)\t([\s\S]+)$/.exec(line) ?? [];
      if (type !== 'blob') {
        throw new ArtifactError(
          'unsupported-entry',
          `expected files and symlinks only, got a ${type ?? 'line'} at ${path}`,
          { paths: [path] },
        );
      }
      return { path, mode: normalMode(mode), blob };
    })
    .toSorted((a, b) => comparePaths(a.path, b.path));
}

/** Bytes and number of the tracked files of a commit (full id), as they lie in the repository. */
export async function sizeOfTracked(
  commit: string,
  call: GitCall,
): Promise<{ bytes: number; files: number }> {
  const args = ['ls-tree', '-r', '-l', '-z', '--full-tree', commit];
  const answer = await runGit(args, call);
  if (answer.code !== 0) throw gitFailed(args, answer);
  const sizes = answer.stdout
    .toString('latin1')
    .split('\0')
    .flatMap((line) => /^\d{6} blob [0-9a-f]+ +(\d+)\t/.exec(line)?.[1] ?? []);
  return { bytes: sizes.reduce((sum, size) => sum + Number(size), 0), files: sizes.length };
}

/**
 * The tracked paths that match any of the globs. git itself matches, so that every machine agrees: `*` stays
 * within a folder, `**` does not, a folder's name means all below it, case counts.
 */
export async function listMatching(
  commit: string,
  globs: readonly string[],
  call: GitCall,
): Promise<Set<string>> {
  if (globs.length === 0) return new Set();
  const empty = await askGit(['hash-object', '-t', 'tree', '--stdin'], call);
  const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', '--no-ext-diff', empty, commit, '--'];
  const answer = await runGit([...args, ...globs.map((glob) => `:(top,glob)${glob}`)], {
    ...call,
    env: { ...call.env, GIT_LITERAL_PATHSPECS: '0' },
  });
  if (answer.code !== 0) throw gitFailed(args, answer);
  return new Set(splitNul(answer.stdout));
}

function normalMode(mode: string | undefined): FileMode {
  if (mode === '120000' || mode === '100755') return mode;
  // 100664 is in old histories; git takes it for 100644.
  return '100644';
}

function splitNul(output: Buffer): string[] {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(output).split('\0').slice(0, -1);
  } catch (cause) {
    throw new ArtifactError('unsafe-path', 'expected file names in UTF-8, got another encoding', { cause });
  }
}
