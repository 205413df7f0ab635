// The paths of a change set, held against each other; what the baseline has to say, the survey hears. Pure.
import { findMisplaced } from '../artifact/find-misplaced.ts';
import { prefixesOf } from '../artifact/safe-path.ts';
import { has, type Outline, type ReferenceFault } from './outline.ts';

type ChangeSet = NonNullable<Outline['changeSet']>;

/** Counts that are not those of the list, paths that no tree can have beside each other, modes and removals of nothing. */
export function changeSetFaults({ changeSet }: Outline): ReferenceFault[] {
  if (!changeSet) return [];
  return [
    ...countFaults(changeSet),
    ...listFaults(changeSet),
    ...pathFaults(changeSet),
    ...modeFaults(changeSet),
    ...removalFaults(changeSet),
  ];
}

function countFaults({ modified, added, files }: ChangeSet): ReferenceFault[] {
  const [said, listed] = [modified + added, Object.keys(files).length];
  if (said === listed) return [];
  return [
    {
      path: ['changeSet', 'files'],
      message: `expected ${said} files (${modified} modified + ${added} added), got ${listed}`,
    },
  ];
}

function listFaults({ files, ratifiedList }: ChangeSet): ReferenceFault[] {
  if (ratifiedList === undefined || !has(files, ratifiedList)) return [];
  return [
    {
      path: ['changeSet', 'files', ratifiedList],
      message:
        'expected files that are deployed, got the ratified list itself, which is not; take it out of `files`',
    },
  ];
}

function pathFaults({ files, removed }: ChangeSet): ReferenceFault[] {
  const changes = [
    ...Object.keys(files).map((path) => ({ path, change: 'added' as const })),
    ...Object.keys(removed).map((path) => ({ path, change: 'removed' as const })),
  ];
  return findMisplaced([], changes).map(({ path, why }) => ({
    path: ['changeSet', has(files, path) ? 'files' : 'removed', path],
    message: `expected a path of its own in every working tree, got one that ${why}; rename it, or take it out`,
  }));
}

function modeFaults({ files, modes }: ChangeSet): ReferenceFault[] {
  return Object.keys(modes)
    .filter((path) => !has(files, path))
    .map((path) => ({
      path: ['changeSet', 'modes', path],
      message: 'expected a path of `files`, got another; take it out, or add the file',
    }));
}

/** A path is written or removed, and what is removed makes no room for a folder: that would be two change sets. */
function removalFaults({ files, removed }: ChangeSet): ReferenceFault[] {
  const folders = new Map(
    Object.keys(files).flatMap((path) => prefixesOf(path).map((prefix) => [prefix, path])),
  );
  return Object.keys(removed).flatMap((path) => {
    const other = folders.get(path) ?? prefixesOf(path).find((prefix) => has(files, prefix));
    if (other === undefined) return [];
    return [
      {
        path: ['changeSet', 'removed', path],
        message: `expected a path that \`files\` leaves alone, got one in the way of ${other}; remove it in a run before this one`,
      },
    ];
  });
}
