// Whether what plans publish would meet in one folder. Pure.
import { isDeepStrictEqual } from 'node:util';
import type { PlanFault } from './faults.ts';
import type { Plan } from './schema.ts';

export interface PlanInFile {
  readonly file: string;
  readonly plan: Plan;
}

/** Faults of the plans in `checked`: each publishes into a folder of its own, among all that are known. */
export function sharedPlaceFaults(checked: readonly PlanInFile[], all: readonly PlanInFile[]): PlanFault[] {
  return checked.flatMap(({ file, plan }) => {
    const { publisher, path } = plan.reports;
    const other = all.find(
      (each) =>
        each.file !== file &&
        each.plan.reports.path === path &&
        isDeepStrictEqual(each.plan.reports.publisher, publisher),
    );
    return other && !path.includes('{run}')
      ? [sharedFault(file, path, `${other.file} publishes there too`)]
      : [];
  });
}

/** `said` is who else has that folder. */
export function sharedFault(file: string, path: string, said: string): PlanFault {
  return {
    file,
    line: 0,
    path: 'reports/path',
    message: `expected a folder for each run, got ${JSON.stringify(path)}, and ${said}; write ${JSON.stringify(`${path}/{run}`)}`,
  };
}
