import { findGitDirectory } from './git-directory-name.ts';
import { findPathFault, foldCase, prefixesOf } from './safe-path.ts';
import type { GitEntry } from './tracked-files.ts';

export type PlacedChange = { readonly path: string; readonly change: 'modified' | 'added' | 'removed' };
/** `why` follows the path: "cfg/x leads through the symlink cfg of the baseline". */
export type Misplaced = { readonly path: string; readonly why: string };

/**
 * Which paths of a change set have no place of their own in a baseline: they begin with a dash, lead into a `.git`, through a symlink, a file or
 * a submodule, are one of these where a file is meant, or a folder, or differ from another path in case or Unicode form only,
 * which macOS and Windows take for the same. Pure.
 */
export function findMisplaced(baseline: readonly GitEntry[], changes: readonly PlacedChange[]): Misplaced[] {
  const there = new Map(baseline.map((entry) => [entry.path, entry]));
  const removed = new Set(changes.flatMap(({ path, change }) => (change === 'removed' ? [path] : [])));
  const written = changes.filter(({ change }) => change !== 'removed').map(({ path }) => path);
  const kept = baseline.map(({ path }) => path).filter((path) => !removed.has(path));
  const folders = new Set([...kept, ...written].flatMap((path) => prefixesOf(path).slice(0, -1)));
  const spellings = new Map<string, string>();
  for (const prefix of new Set(kept.flatMap(prefixesOf))) spellings.set(foldCase(prefix), prefix);

  return changes.flatMap(({ path, change }): Misplaced[] => {
    const fault = (why: string) => [{ path, why }];
    const unsafe = findPathFault(path);
    if (unsafe !== null) return fault(unsafe.replace(/^it /, ''));
    if (findGitDirectory([path]) !== undefined) return fault('leads into a .git directory');
    // As an argument it would be an option, of git and of much that a deploy starts.
    if (path.startsWith('-')) return fault('begins with a dash');
    const through = prefixesOf(path)
      .slice(0, -1)
      .map((prefix) => there.get(prefix))
      .find((each) => each !== undefined);
    if (through !== undefined)
      return fault(`leads through the ${kindOf(through)} ${through.path} of the baseline`);
    if (change === 'removed') return [];
    const itself = there.get(path);
    if (itself !== undefined && kindOf(itself) !== 'file')
      return fault(`is a ${kindOf(itself)} in the baseline`);
    if (folders.has(path)) return fault('is a folder');
    for (const prefix of prefixesOf(path)) {
      const folded = foldCase(prefix);
      const known = spellings.get(folded);
      if (known !== undefined && known !== prefix)
        return fault(`differs from ${known} in case or Unicode form only`);
      spellings.set(folded, prefix);
    }
    return [];
  });
}

function kindOf({ type, mode }: GitEntry): 'file' | 'symlink' | 'submodule' {
  if (type !== 'blob') return 'submodule';
  return mode === '120000' ? 'symlink' : 'file';
}
