// What G0 looks at for the sake of later gates, on each host that a run is going to change.
import type { Criterion } from './criterion.ts';

/** What later gates need of a host. A run goes no further where one does not hold, so no claim rests on it. */
const whereChanged = { when: 'a gate of the run changes a live path there', by: () => false };
const whereDeployed = { when: 'a deploy changes the live path', by: () => false };
export const beforeAnyChange: readonly Criterion[] = [
  { id: 'programs-<host>', holds: 'the host has the programs that later gates need', only: whereChanged },
  {
    id: 'parent-<target>',
    holds:
      'the login may make and rename directories beside the live path, and write to Interlock’s own files there; the directory is not immutable',
    only: whereChanged,
  },
  {
    id: 'live-<target>',
    holds:
      'the live path is a plain directory, no mount point and not immutable; for a first deploy, nothing is there',
    only: whereDeployed,
  },
  {
    id: 'tree-<target>',
    holds:
      'the login can read everything in the live tree; there is no device, socket or pipe in it, and every name is UTF-8',
    only: whereChanged,
  },
  {
    id: 'exchange-<target>',
    holds:
      'a program there knows how to exchange two directories, and the file system is none that never does; `stage` tries it',
    only: { when: 'a gate of the run changes the live path, and something is live', by: () => false },
  },
  {
    id: 'space-<target>',
    holds:
      'there is room for archive, staged tree and the two copies of the rehearsal, by the size of the baseline and of what is live',
    only: whereDeployed,
  },
];
