// The plans of examples/plans, and the world that each needs.
import type { ChangeSetName } from '../../examples/world/lineage.ts';

export interface ExamplePlan {
  /** What is staged; all that came before it is applied. */
  readonly changeSet: ChangeSetName;
  /** What earlier runs have brought, where it is not all that came before. */
  readonly applied?: readonly ChangeSetName[];
  /** Its suites write to a PostgreSQL server of their own, and call its tools. */
  readonly needsPostgres?: boolean;
  /** The plan that has to be run before it. */
  readonly after?: string;
}

export const defaultPlan = 'o8b-retry';

export const examplePlans: Readonly<Record<string, ExamplePlan>> = {
  'o8b-retry': { changeSet: 'o8b' },
  'o8a-authoring': { changeSet: 'o8b' },
  'o8b-rollback': { changeSet: 'o8b', after: 'o8b-retry' },
  'o8c-postgres-proof': { changeSet: 'o8c-postgres-proof', needsPostgres: true },
  'o8d-backup-and-revert': { changeSet: 'o8d-backup-and-revert', needsPostgres: true },
  'o9-verify-live': { changeSet: 'o8c-postgres-proof' },
  'o10-first-deploy': { changeSet: 'o8b' },
};

export const postgresPackages = ['postgresql', 'postgresql-client', 'gnupg'];
