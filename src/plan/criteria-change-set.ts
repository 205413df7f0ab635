// The criteria of the gates that take the change set from the staging directory into the artifact; see criteria.ts.
import type { Criterion } from './criterion.ts';

export const surveyCriteria: readonly Criterion[] = [
  { id: 'files', holds: 'exactly the ratified files are there' },
  { id: 'digests', holds: 'every sha256 equals the ratified one' },
  {
    id: 'ratified-list',
    holds: 'the reviewers’ own list says the same as the plan',
    only: {
      when: 'the plan has `changeSet.ratifiedList`',
      by: ({ changeSet }) => changeSet?.ratifiedList !== undefined,
    },
  },
  {
    id: 'removed',
    holds: 'every file to remove is in the baseline, with the ratified sha256',
    only: {
      when: 'the plan has `changeSet.removed`',
      by: ({ changeSet }) => Object.keys(changeSet?.removed ?? {}).length > 0,
    },
  },
  { id: 'changes', holds: 'as many files are modified and added as was ratified' },
  {
    id: 'modes',
    holds: 'every stated mode is that of a new file; one that is there already keeps its own',
    only: {
      when: 'the plan has `changeSet.modes`',
      by: ({ changeSet }) => Object.keys(changeSet?.modes ?? {}).length > 0,
    },
  },
  {
    id: 'paths',
    holds:
      'no path begins with a dash, leads through a symlink of the baseline or is one, leads into a `.git`, is a folder, or differs from another in case or Unicode form only',
  },
  {
    id: 'shippable',
    holds: 'no file is a pointer of git-lfs or git-annex, and none sets `export-ignore` or `export-subst`',
  },
  { id: 'secrets', holds: 'no secret in the change set' },
  { id: 'forbidden-patterns', holds: 'no forbidden pattern in the change set' },
];

export const reconcileCriteria: readonly Criterion[] = [
  {
    id: 'baseline-equal',
    holds: 'every modified or removed file is, in the repository, byte-equal to the baseline',
  },
  { id: 'conflicts', holds: 'what the change set modifies or removes is there, and what it adds is not' },
  { id: 'overlay', holds: 'the overlay changes exactly the change set' },
];

export const artifactCriteria: readonly Criterion[] = [
  { id: 'tree', holds: 'the committed tree is the tested one' },
  { id: 'parent', holds: 'the commit’s parent is the baseline' },
  {
    id: 'commit',
    holds: 'it is built from the commit that this run has made',
    only: {
      when: 'it is not the first artifact of the plan',
      by: ({ gates }, gate) => gates.find((each) => each?.kind === 'artifact') !== gate,
    },
  },
  { id: 'contents', holds: 'the artifact holds tracked files only: no `.git`, `.env`, secret or cache' },
  {
    id: 'ratified',
    holds:
      'every ratified file is in the manifest with its ratified sha256 and its mode, or in the commit where `exclude` names it; what is removed is in neither',
  },
  { id: 'branch', holds: 'the branch is at the commit, clean' },
];
