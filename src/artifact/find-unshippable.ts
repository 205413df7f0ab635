import { ArtifactError } from './artifact-error.ts';
import { isGitDirectoryName } from './git-directory-name.ts';
import { eachBlob } from './read-blobs.ts';
import type { GitCall } from './run-git.ts';
import { listEntries } from './tracked-files.ts';

/** `why` follows the path: "lib is a submodule". */
export type Unshippable = { readonly path: string; readonly why: string };

/** The specification of git-lfs: a pointer has less than 1,024 bytes. */
const maxPointerBytes = 1024;

/**
 * What a commit (full id) tracks and could not ship as people mean it: submodules, pointers of git-lfs and git-annex in place
 * of content, attributes that make `git archive` leave out or change files, paths into a `.git`, a name that is no UTF-8.
 * Throws GitError.
 */
export async function findUnshippable(commit: string, call: GitCall): Promise<Unshippable[]> {
  const entries = await listEntries(commit, call, true).catch((error: unknown) => {
    if (error instanceof ArtifactError && error.code === 'unsafe-path') return error;
    throw error;
  });
  if (entries instanceof ArtifactError)
    return entries.paths.map((path) => ({ path, why: 'has a name that is no UTF-8' }));
  const telling = entries.filter(
    ({ path, type, bytes }) => type === 'blob' && ((bytes ?? 0) < maxPointerBytes || isAttributes(path)),
  );
  const byContent = new Map<string, string>();
  for await (const [{ path }, content] of eachBlob(telling, call)) {
    const why = contentFault(path, content);
    if (why !== null) byContent.set(path, why);
  }
  return entries.flatMap(({ path, type }) => {
    const why =
      type !== 'blob'
        ? 'is a submodule'
        : path.split('/').some(isGitDirectoryName)
          ? 'leads into a .git directory'
          : byContent.get(path);
    return why === undefined ? [] : [{ path, why }];
  });
}

/** Why a file (of a symlink its target) could not ship as people mean it, by its content; null when it can. Pure. */
export function contentFault(path: string, content: Buffer): string | null {
  if (content.length < maxPointerBytes) {
    const text = content.toString('latin1');
    if (/^version https?:\/\/(?:git-lfs\.github\.com|hawser\.github\.com|git-media\.io)\//.test(text))
      return 'is a pointer of git-lfs, not the content';
    if (/^(?:(?:\.\.\/)*\.git\/annex\/objects\/|\/annex\/objects\/)/.test(text))
      return 'is a pointer of git-annex, not the content';
  }
  const [attribute] = isAttributes(path) ? archiveAttributes(content.toString()) : [];
  return attribute === undefined ? null : `sets ${attribute}`;
}

function isAttributes(path: string): boolean {
  return /(?:^|\/)\.gitattributes$/i.test(path);
}

/** As git reads it: a pattern, then attributes. After a quoted pattern no blank is needed; a quote that is never closed is none. */
function archiveAttributes(text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const [, attributes = ''] = /^\s*(?:"(?:[^"\\]|\\.)*"|[^\s#]\S*\s)([\s\S]*)$/.exec(line) ?? [];
    const set = attributes.split(/\s+/).find((each) => /^export-(?:ignore|subst)(?:=|$)/.test(each));
    return set === undefined ? [] : [`${set.replace(/=.*/, '')} in line ${index + 1}`];
  });
}
