// What is known about the reference world before it is built, unless told otherwise as of the first change set; `lineage.ts` knows the
// later ones. `test/examples/` measures every one of these.

/** The only commit on `main` of the SSOT repo: the same on every machine, since content, names and dates are fixed. */
export const BASELINE_COMMIT = 'f5b218e971e87384c35a2415181111adeec97c05';

/** HEAD of the sibling tree, v0.4. */
export const SIBLING_COMMIT = 'f60aaaca367c564837e5ad79eb04a674cd837b30';

export interface Counts {
  /** `node --test --test-reporter=tap "test/**\/*.test.ts"` */
  readonly full: number;
  /** The plan's suite of that name: of `test/live/`, and later of what a change set brings. */
  readonly targeted: number;
  /** `node src/proofs/main.ts --json` */
  readonly proofs: number;
  /** `node --test --test-reporter=tap "integration/**\/*.test.ts"`, with a server; a tree without such a suite has none. */
  readonly integration?: number;
}

/** Of the tree as it is live before the run. */
export const BASELINE_COUNTS: Counts = { full: 94, targeted: 4, proofs: 3 };

/** Of the tree with the change set over it. */
export const PROMOTED_COUNTS: Counts = { full: 125, targeted: 35, proofs: 8 };

/** What the proofs say on the promoted tree of the scenario `failing-proof`: a kill switch that reads on breaks all three. */
export const FAILING_PROOFS: readonly string[] = ['PROOF-1', 'PROOF-2', 'PROOF-8'];

/** Rows of each production table, the six of governance last. */
export const ROW_COUNTS = {
  information_unit: 158,
  unit_version: 165,
  iu_lifecycle_log: 60,
  governance_ruling: 6,
  governance_signature: 11,
  cut_authorization: 5,
  cut_manifest: 4,
  verify_record: 12,
  revert_record: 4,
} as const;

export type Table = keyof typeof ROW_COUNTS;
