/**
 * Whether git, on any of the usual file systems, takes a part of a path for its own directory: `.git` in any case, with what
 * Windows ignores at the end (dots, spaces, a stream), by its short name, or with what macOS ignores within. As
 * `core.protectHFS` and `core.protectNTFS` of git read it.
 */
export function isGitDirectoryName(part: string): boolean {
  const plain = part.replaceAll(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, '').toLowerCase();
  const name = withoutEnd(plain.split(':', 1)[0] ?? '');
  return name === '.git' || name === 'git~1';
}

/** Without dots and spaces at its end; a pattern would take the square of the length of a name that is made for it. */
function withoutEnd(name: string): string {
  let end = name.length;
  while (end > 0 && (name[end - 1] === '.' || name[end - 1] === ' ')) end -= 1;
  return name.slice(0, end);
}

/** The first path that leads into a `.git`, or is one, at any depth; undefined when none does. */
export function findGitDirectory(paths: readonly string[]): string | undefined {
  return paths.find((path) => path.split('/').some(isGitDirectoryName));
}
