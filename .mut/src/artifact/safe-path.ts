import { ArtifactError } from './artifact-error.ts';

/**
 * Orders paths by their UTF-8 bytes, as git and `LC_ALL=C sort` do. JavaScript's own order differs beyond
 * U+FFFF.
 */
export function comparePaths(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * Why a path may not stand in a manifest, or null when it may: it must be relative, with `/` between its
 * parts, none of them empty, `.` or `..`, and without backslashes and control characters, which tar,
 * sha256sum and other systems read in ways of their own.
 */
export function findPathFault(path: string): string | null {
  if (path === '') return 'it is empty';
  if (path.startsWith('/')) return 'it is absolute';
  if (path.includes('\\')) return 'it has a backslash';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'it has a control character';
  if (!path.isWellFormed()) return 'it is no valid Unicode';
  if (path === '-') return 'sha256sum would read standard input';
  if (Buffer.byteLength(path) > 4095) return 'it is longer than 4,095 bytes';
  const parts = path.split('/');
  if (parts.some((part) => part === '')) return 'it has an empty part';
  if (parts.some((part) => part === '.' || part === '..')) return 'it has a . or .. part';
  if (parts.some((part) => Buffer.byteLength(part) > 255)) return 'it has a part longer than 255 bytes';
  return null;
}

/**
 * Why a symlink at `path` may not point to `target`, or null when it may: its end must stay within the tree.
 */
export function findTargetFault(path: string, target: string): string | null {
  if (target === '') return 'its target is empty';
  if (target.startsWith('/')) return 'its target is absolute';
  if (target.includes('\0') || !target.isWellFormed()) return 'its target is no valid text';
  let depth = path.split('/').length - 1;
  for (const part of target.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '.' && part !== '') depth += 1;
    if (depth < 0) return 'its target is outside of the tree';
  }
  return null;
}

/**
 * Throws ArtifactError `unsafe-path` or `path-collision` unless every path is safe and no two of them can
 * become one: the same path twice, a file where another path needs a folder, or spellings that differ in case
 * or Unicode form only, which macOS and Windows take for the same file.
 */
export function assertSafePaths(paths: readonly string[]): void {
  const files = new Set<string>();
  const spellings = new Map<string, string>();
  for (const path of paths) {
    const fault = findPathFault(path);
    if (fault !== null) {
      throw new ArtifactError(
        'unsafe-path',
        `expected a safe relative path, got ${JSON.stringify(path)}: ${fault}`,
        { paths: [path] },
      );
    }
    if (files.has(path)) throw collision(path, path);
    files.add(path);
    for (const prefix of prefixesOf(path)) {
      const folded = foldCase(prefix);
      const known = spellings.get(folded);
      if (known !== undefined && known !== prefix) throw collision(known, prefix);
      spellings.set(folded, prefix);
    }
  }
  for (const path of paths) {
    const folder = prefixesOf(path).find((prefix) => prefix !== path && files.has(prefix));
    if (folder !== undefined) throw collision(folder, path);
  }
}

function collision(a: string, b: string): ArtifactError {
  return new ArtifactError(
    'path-collision',
    `expected paths that differ on every file system, got ${a} and ${b}`,
    { paths: [a, b] },
  );
}

/** `a/b/c` → `a`, `a/b`, `a/b/c`. */
export function prefixesOf(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Upper case first: it takes apart ligatures and `ß`, as full case folding does. */
export function foldCase(path: string): string {
  return path.normalize('NFD').toUpperCase().toLowerCase().normalize('NFD');
}
