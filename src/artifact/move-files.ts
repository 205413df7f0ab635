import { flaggedPaths } from './flagged-paths.ts';
import { overlayTree } from './overlay-tree.ts';
import { askGit, type GitCall, runGit } from './run-git.ts';
import { withoutConversions } from './without-conversions.ts';

/**
 * Brings the working tree and the index of a repository from one commit (full id) to another, byte for byte as the other has
 * its files. What differs between the two must be as the first one has it, by the repository's own way of looking: git refuses
 * to write over a change, and over what is not tracked. Throws GitError `git-failed`, in most cases before anything is moved.
 */
export async function moveFiles(from: string, to: string, call: GitCall): Promise<void> {
  // Files that only look changed (copied, touched) are not in the way.
  await runGit(['update-index', '-q', '--refresh'], call);
  await askGit(['read-tree', '-m', '-u', '-n', from, to], call);

  const { removed, written } = await changesBetween(from, to, call);
  const between =
    removed.length === 0
      ? from
      : (
          await overlayTree(
            call.cwd,
            from,
            removed.map((path) => ({ path, mode: 'removed' as const })),
            call,
          )
        ).tree;
  if (between !== from) await askGit(['read-tree', '-m', '-u', from, between], call);
  // The index alone: git would write the files as its attributes say.
  await askGit(['read-tree', '-m', between, to], call);
  const args = ['checkout-index', '--force', '--index', '-z', '--stdin'];
  // What a sparse checkout leaves out stays out.
  const left = new Set((await flaggedPaths(call)).filter(({ flag }) => flag === 'S').map(({ path }) => path));
  const present = written.filter((path) => !left.has(path));
  if (present.length > 0)
    await withoutConversions(to, call, (raw) =>
      askGit(args, { ...raw, input: present.map((path) => `${path}\0`).join('') }),
    );
}

async function changesBetween(from: string, to: string, call: GitCall) {
  const args = ['diff-tree', '-r', '-z', '--name-status', '--no-renames', '--no-ext-diff', from, to];
  const fields = (await askGit(args, call)).split('\0');
  const [removed, written]: [string[], string[]] = [[], []];
  for (let at = 0; at + 1 < fields.length; at += 2)
    (fields[at] === 'D' ? removed : written).push(fields[at + 1] ?? '');
  return { removed, written };
}
