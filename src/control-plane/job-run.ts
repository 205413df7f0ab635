// From a job's id to its run.
import { gateKinds } from '../plan/schema.ts';

/** The longest kind first: `rollback-readiness` ends no run's id. */
const form = new RegExp(`^(.+)-(?:${[...gateKinds].sort((a, b) => b.length - a.length).join('|')})-\\d+$`);

export function runIdOf(jobId: string): string | undefined {
  return form.exec(jobId)?.[1];
}
