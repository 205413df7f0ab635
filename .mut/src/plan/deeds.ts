// What somebody can do to the world, and which readings show it. The test of deeds does each one on the real thing, and
// docs/probes.md holds the same table. Pure.
import type { Probe } from './schema-probes.ts';

/** What is done, in words. Closed: a deed that no reading shows stands here too, so that nobody takes it for one that shows. */
export const deeds = {
  'restart-service': 'restart a service',
  'stop-service': 'start or stop a service',
  'reload-service': 'reload a service',
  'restart-container': 'start, stop or restart a container',
  'recreate-container': 'make a container anew, from the same image or another',
  'change-own-crontab': 'change the login’s crontab',
  'change-cron-file': 'add, change or remove a cron file of the system',
  'edit-clean-file': 'change a tracked file that was as committed',
  'edit-dirty-file': 'change a file that was changed already, is untracked, or is ignored',
  'add-file': 'add a file',
  'add-ignored-file': 'add a file that git ignores',
  'remove-file': 'remove a tracked file',
  'make-executable': 'make a file executable',
  'change-mode': 'change other permissions of a file',
  'change-directory-mode': 'change permissions of a directory',
  'retarget-link': 'lead a symlink elsewhere',
  'add-directory': 'add an empty directory',
  commit: 'commit what is there',
  checkout: 'check out another branch',
  'touch-file': 'change the time of a file',
  'flip-value': 'flip a value in a file',
  'edit-beside-value': 'change another line of that file',
  'change-file-mode': 'change permissions of that file',
  'remove-that-file': 'remove that file',
  'insert-row': 'insert a row',
  'update-row': 'update a row in place',
  'replace-row': 'delete a row and insert another',
  'delete-row': 'delete a row',
  'truncate-table': 'truncate a table',
  'undo-insert': 'insert a row and delete it again',
  'advance-sequence': 'advance a sequence',
  'add-column': 'add a column',
  'create-table': 'create a table',
  'replace-function': 'replace a function',
  'grant-right': 'grant a right',
  'open-port': 'listen on a TCP port',
  'close-port': 'stop listening on a TCP port',
  'change-answer': 'change the body of an HTTP answer',
  'change-status': 'change the status of an HTTP answer',
  'change-output': 'change what a command prints or exits with',
} as const;
export type Deed = keyof typeof deeds;

const inTree: readonly Deed[] = [
  ...(['edit-clean-file', 'edit-dirty-file', 'add-file', 'add-ignored-file', 'remove-file'] as const),
  ...(['make-executable', 'change-mode', 'change-directory-mode', 'retarget-link'] as const),
  ...(['add-directory', 'commit', 'checkout'] as const),
];
const inFile: readonly Deed[] = ['flip-value', 'edit-beside-value', 'change-file-mode', 'remove-that-file'];
const inRows: readonly Deed[] = ['insert-row', 'update-row', 'replace-row', 'delete-row', 'truncate-table'];

/** The deeds that two readings of a kind show, where they are done to what it reads. */
export const shownBy: Readonly<Record<Probe['kind'], readonly Deed[]>> = {
  services: ['restart-service', 'stop-service'],
  containers: ['restart-container', 'recreate-container'],
  crontab: ['change-own-crontab', 'change-cron-file'],
  'tree-digest': [...inTree, ...inFile],
  'file-digest': inFile,
  constant: ['flip-value', 'remove-that-file'],
  'git-head': [
    ...(['edit-clean-file', 'add-file', 'remove-file', 'make-executable', 'retarget-link'] as const),
    ...(['commit', 'checkout'] as const),
  ],
  'row-counts': ['insert-row', 'delete-row', 'truncate-table'],
  'table-contents': [...inRows, 'add-column', 'create-table'],
  'table-writes': [...inRows, 'undo-insert', 'create-table'],
  'schema-fingerprint': ['add-column', 'create-table', 'replace-function'],
  'listening-ports': ['open-port', 'close-port'],
  http: ['change-answer', 'change-status'],
  command: ['change-output'],
};
