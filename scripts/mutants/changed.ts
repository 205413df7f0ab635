// Which files differ from `main`, or on `main` from the commit before.
import { spawnSync } from 'node:child_process';
import { listDirectory, type Mutant } from './list.ts';

/** Null where git cannot tell, as in a copy without history: then everything counts as changed. */
export function changedFiles(root: string): ReadonlySet<string> | null {
  const git = (...args: readonly string[]): string | null => {
    const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
    return status === 0 ? stdout.trim() : null;
  };
  const head = git('rev-parse', 'HEAD');
  const fork = git('merge-base', 'main', 'HEAD') ?? git('merge-base', 'origin/main', 'HEAD');
  const base = fork === null || fork === head ? git('rev-parse', 'HEAD~1') : fork;
  if (head === null || base === null) return null;
  const committed = git('diff', '--name-only', '--no-renames', base);
  const added = git('ls-files', '--others', '--exclude-standard');
  if (committed === null || added === null) return null;
  return new Set([...committed.split('\n'), ...added.split('\n')].filter((file) => file !== ''));
}

/** Those whose file, tests or list is among them. Pure. */
export function concerning(mutants: readonly Mutant[], changed: ReadonlySet<string>): Mutant[] {
  return mutants.filter(({ file, tests, area }) =>
    [file, ...tests, `${listDirectory}/${area}.yaml`].some((each) => changed.has(each)),
  );
}
