import { ArtifactError } from './artifact-error.ts';
import { askGit, type GitCall, gitFailed, runGit } from './run-git.ts';
import { comparePaths } from './safe-path.ts';
import type { FileMode } from './tree-digest.ts';

export type TrackedEntry = { readonly path: string; readonly mode: FileMode; readonly blob: string };

/** As git has it: `type` is `blob`, or `commit` for a submodule; `mode` is git's, in octal. */
export type GitEntry = {
  readonly path: string;
  readonly mode: string;
  readonly type: string;
  readonly blob: string;
  /** Of a blob that is there, where sizes were asked for. */
  readonly bytes: number | null;
};

/**
 * All that a commit or tree (full id) holds, in bytewise order, submodules too. Sizes cost a look at every object. Throws
 * ArtifactError `unsafe-path`.
 */
export async function listEntries(treeish: string, call: GitCall, sizes = false): Promise<GitEntry[]> {
  const args = ['ls-tree', '-r', '-z', ...(sizes ? ['-l'] : []), '--full-tree', treeish];
  const answer = await runGit(args, call);
  if (answer.code !== 0) throw gitFailed(args, answer);
  return splitNul(answer.stdout)
    .map((line) => {
      const [, mode = '', type = '', blob = '', bytes = '', path = ''] =
        /^(\d{6}) (\w+) ([0-9a-f]+)(?: +(\w+|-))?\t([\s\S]+)$/.exec(line) ?? [];
      return { path, mode, type, blob, bytes: /^\d+$/.test(bytes) ? Number(bytes) : null };
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
 * Every tracked file of a commit or tree (full id), in bytewise order. Throws ArtifactError `unsupported-entry` on a
 * submodule, `unsafe-path`.
 */
export async function listTracked(treeish: string, call: GitCall): Promise<TrackedEntry[]> {
  return (await listEntries(treeish, call)).map(({ path, mode, type, blob }) => {
    if (type !== 'blob') {
      throw new ArtifactError(
        'unsupported-entry',
        `expected files and symlinks only, got a ${type || 'line'} at ${path}`,
        { paths: [path] },
      );
    }
    return { path, mode: normalMode(mode), blob };
  });
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

/** The mode in which an entry of git's ships. */
export function normalMode(mode: string): FileMode {
  if (mode === '120000' || mode === '100755') return mode;
  // 100664 is in old histories; git takes it for 100644.
  return '100644';
}

function splitNul(output: Buffer): string[] {
  const parts: string[] = [];
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(0, at);
    parts.push(decode(output.subarray(at, end === -1 ? output.length : end)));
    at = end === -1 ? output.length : end + 1;
  }
  return parts;
}

function decode(line: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line);
  } catch (cause) {
    const path = line.toString('latin1').replace(/^[^\t]*\t/, '');
    throw new ArtifactError(
      'unsafe-path',
      `expected file names in UTF-8, got ${JSON.stringify(path)} in another encoding`,
      {
        cause,
        paths: [path],
      },
    );
  }
}
