import { type Counts, PROMOTED_COUNTS } from './facts.ts';

/** The change sets of the payload, in the order in which runs bring them. Each is written against the tree with all before it applied. */
export const CHANGE_SETS = ['o8b', 'o8c-postgres-proof', 'o8d-backup-and-revert'] as const;
export type ChangeSetName = (typeof CHANGE_SETS)[number];

/** A text of one file, once in it, and what it becomes. */
export interface Edit {
  readonly path: string;
  readonly from: string;
  readonly to: string;
}

/** Somebody's commit beside the runs. */
export interface Drift extends Edit {
  readonly subject: string;
  readonly date: string;
}

export interface LineageStep {
  /** Folder of the files in `examples/iu-cutter/`. */
  readonly folder: string;
  /** Name of the plan in `examples/plans/` that brings it. */
  readonly plan: string;
  /** The commit that a run has made of it, in a world where it is applied. */
  readonly commit: { readonly message: string; readonly date: string; readonly id: string };
  /** Of the tree with this change set over it. */
  readonly counts: Counts;
  /** What the scenarios do to it. */
  readonly variants: {
    /** To a file that the change set modifies. */
    readonly drift: Drift;
    /** Makes exactly one test of the targeted suite fail. */
    readonly failingTest: Edit;
    /** The test file of the targeted suite in which a secret is left. */
    readonly secret: string;
  };
}

export const LINEAGE: Readonly<Record<ChangeSetName, LineageStep>> = {
  o8b: {
    folder: 'change-set',
    plan: 'o8b-retry',
    commit: {
      message:
        'feat(cutter): wire Mode.LIVE to the production-write adapter seam\n\nThe ratified O8A change set, overlaid on its baseline without a conflict.',
      date: '2026-05-21T05:33:34+00:00',
      id: 'df15b6e7e17db62bfdeba4d5ba70cc082dd91b97',
    },
    counts: PROMOTED_COUNTS,
    variants: {
      drift: {
        path: 'src/phases/run-phases.ts',
        from: 'Cut a document that has text.',
        to: 'Cut a document that has text in it.',
        subject: 'fix(phases): say what an empty plan needs',
        date: '2026-05-20T17:30:00+00:00',
      },
      failingTest: {
        path: 'test/live/live-seam.test.ts',
        from: 'assert.equal(LIVE_WIRED, true)',
        to: 'assert.equal(LIVE_WIRED, false)',
      },
      secret: 'test/live/production-adapter.test.ts',
    },
  },
  'o8c-postgres-proof': {
    folder: 'change-sets/o8c-postgres-proof',
    plan: 'o8c-postgres-proof',
    commit: {
      message:
        'feat(cutter): prove the production adapter on PostgreSQL and record cuts of any size\n\nThe ratified O8C change set: closes F-1, F-2 and F-3.',
      date: '2026-05-28T07:10:00+00:00',
      id: '2b8d79d640b3be81468e1cf7c31f76e8c8504043',
    },
    counts: { full: 139, targeted: 44, proofs: 9, integration: 36 },
    variants: {
      drift: {
        path: 'docs/phases.md',
        from: 'They run in this order',
        to: 'All five run in this order',
        subject: 'docs(phases): say how many there are',
        date: '2026-05-27T17:30:00+00:00',
      },
      failingTest: {
        path: 'test/live/recorders.test.ts',
        from: '{ cut_manifest: 1 }',
        to: '{ cut_manifest: 2 }',
      },
      secret: 'test/live/recorders.test.ts',
    },
  },
  'o8d-backup-and-revert': {
    folder: 'change-sets/o8d-backup-and-revert',
    plan: 'o8d-backup-and-revert',
    commit: {
      message:
        'feat(cutter): back up encrypted before a write and plan the revert of a cut\n\nThe ratified O8D change set: closes F-4 and GAP-6.',
      date: '2026-06-04T07:10:00+00:00',
      id: '8c09810875f9805c998319915c2e4e70473c96ea',
    },
    counts: { full: 161, targeted: 64, proofs: 11, integration: 52 },
    variants: {
      drift: {
        path: 'docs/operations.md',
        from: 'No cron job, container or daemon',
        to: 'No cron job, timer, container or daemon',
        subject: 'docs(operations): name timers too',
        date: '2026-06-03T17:30:00+00:00',
      },
      failingTest: {
        path: 'test/revert/plan-revert.test.ts',
        from: "['revise s0/p1 draft']",
        to: "['revise s0/p1']",
      },
      secret: 'test/backup/require-fingerprint.test.ts',
    },
  },
};

/** The change sets before this one. */
export function predecessorsOf(name: ChangeSetName): readonly ChangeSetName[] {
  return CHANGE_SETS.slice(0, CHANGE_SETS.indexOf(name));
}
