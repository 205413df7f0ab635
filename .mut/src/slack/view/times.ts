// Where the time of a run went.
import type { RunState } from '../../run/state.ts';
import { runTimes } from '../../run/times.ts';
import { duration } from './measures.ts';

/** Waits for workers below this are the queue's own time, ms. */
const noWait = 1000;

/** `gates 17 s, approval 3 min 50 s`; with `workers 12 s` when gates had to wait for one. */
export function whereTimeWent(run: RunState): string {
  const { gates, waits } = runTimes(run);
  const approval = waits.find((wait) => wait.for === 'approval')?.ms;
  const workers = gates.reduce((sum, { waitedMs }) => sum + (waitedMs >= noWait ? waitedMs : 0), 0);
  return [
    `gates ${duration(gates.reduce((sum, { ms }) => sum + ms, 0))}`,
    ...(approval === undefined ? [] : [`approval ${duration(approval)}`]),
    ...(workers === 0 ? [] : [`waiting for workers ${duration(workers)}`]),
  ].join(', ');
}
