// What a plan can say that a run does not do: a closed list, each act with the deeds that evidence for it must be able to show. Pure.
import type { Deed } from './deeds.ts';

interface Act {
  /** Completes "not done: ". */
  readonly words: string;
  /** All of them must show in what the claim rests on. */
  readonly deeds: readonly Deed[];
  /** The readings must cover all that there is of the kind, and not some tables, units or ports by name. */
  readonly whole?: true;
  /** A sample of the rows is enough. */
  readonly sampled?: true;
  /** Acts that no reading shows rest on these instead. */
  readonly by?: readonly ('check' | 'proof' | 'journal' | 'construction')[];
}

const inRows = ['insert-row', 'update-row', 'replace-row', 'delete-row', 'truncate-table'] as const;

export const actNames = [
  ...(['restart-service', 'restart-named-service', 'restart-container', 'change-cron'] as const),
  ...(['change-tree', 'change-file', 'change-value', 'move-head'] as const),
  ...(['write-database', 'write-tables', 'write-sample', 'change-row-counts', 'change-schema'] as const),
  ...(['open-port', 'open-named-port', 'change-answer', 'change-output'] as const),
  ...(['by-interlock', 'break-criterion'] as const),
] as const;
export type ActName = (typeof actNames)[number];

export const acts: Readonly<Record<ActName, Act>> = {
  'restart-service': {
    words: 'start, stop or restart any service',
    deeds: ['restart-service', 'stop-service'],
    whole: true,
  },
  'restart-named-service': {
    words: 'start, stop or restart the services that are named',
    deeds: ['restart-service', 'stop-service'],
  },
  'restart-container': {
    words: 'start, stop, restart or replace a container',
    deeds: ['restart-container', 'recreate-container'],
  },
  'change-cron': {
    words: 'change the login’s crontab or the system’s cron files',
    deeds: ['change-own-crontab', 'change-cron-file'],
  },
  'change-tree': {
    words: 'change content, permissions or links of a tree',
    deeds: [
      ...(['edit-clean-file', 'edit-dirty-file', 'add-file', 'add-ignored-file', 'remove-file'] as const),
      ...(['make-executable', 'change-mode', 'change-directory-mode', 'retarget-link'] as const),
    ],
  },
  'change-file': {
    words: 'change content or permissions of a file',
    deeds: ['flip-value', 'edit-beside-value', 'change-file-mode', 'remove-that-file'],
  },
  'change-value': { words: 'change a value in a file', deeds: ['flip-value'] },
  'move-head': { words: 'commit, or check out something else', deeds: ['commit', 'checkout'] },
  'write-database': { words: 'add, change or remove rows of any table', deeds: inRows, whole: true },
  'write-tables': { words: 'add, change or remove rows of the tables that are named', deeds: inRows },
  'write-sample': {
    words: 'add, change or remove rows in the part of the tables that is read',
    deeds: inRows,
    sampled: true,
  },
  'change-row-counts': {
    words: 'change how many rows a table has',
    deeds: ['insert-row', 'delete-row', 'truncate-table'],
  },
  'change-schema': {
    words: 'change tables or functions of the schemas that are named',
    deeds: ['add-column', 'create-table', 'replace-function'],
  },
  'open-port': {
    words: 'listen on a TCP port, or stop listening',
    deeds: ['open-port', 'close-port'],
    whole: true,
  },
  'open-named-port': {
    words: 'listen on the TCP ports that are named, or stop listening',
    deeds: ['open-port', 'close-port'],
  },
  'change-answer': { words: 'change what a URL answers', deeds: ['change-answer', 'change-status'] },
  'change-output': { words: 'change what a command prints', deeds: ['change-output'] },
  'by-interlock': {
    words: 'do it by Interlock’s own hand; what other programs did was not looked at',
    deeds: [],
    by: ['journal', 'construction'],
  },
  'break-criterion': {
    words: 'break what criteria or proofs show',
    deeds: [],
    by: ['check', 'proof'],
  },
};
