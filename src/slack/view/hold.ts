// A run that ended over something live that it could not prove: whom it asks, and what they can do. Nothing decides it for them.
import { sayKnown } from '../../run/ending.ts';
import { standingsOf } from '../../run/standing.ts';
import type { RunState } from '../../run/state.ts';
import { wentLive } from '../../run/target.ts';
import { code, plain } from './escape.ts';

/** Whether people must decide what becomes of what is live. */
export function isHeld(run: RunState): boolean {
  const { finished, operation, mode } = run;
  return (
    finished !== null &&
    finished.verdict !== 'PASS' &&
    finished.verdict !== 'PARTIAL' &&
    mode === 'LIVE' &&
    operation === 'deploy' &&
    standingsOf(run).some(({ live }) => live === 'candidate' || live === 'unknown')
  );
}

/** Lines of mrkdwn; none for a run that nobody has to decide on. */
export function holdLines(run: RunState): string[] {
  if (!isHeld(run)) return [];
  const { plan, runId, rollback, lockBroken } = run;
  const open = standingsOf(run).filter(({ live }) => live === 'candidate' || live === 'unknown');
  const groups = Object.entries(plan.approval.groups).map(
    ([group, { quorum }]) => `${quorum} of ${plain(group)}`,
  );
  const why = lockBroken
    ? `${plain(lockBroken.by.name)} took the target’s lock from this run, so nothing was rolled back.`
    : rollback
      ? 'The automatic rollback did not bring everything back.'
      : plan.onFailureAfterPromote === 'hold'
        ? 'The plan says that a failure after promote holds, so nothing was rolled back.'
        : 'Something could not be measured, and what is not known is no reason to go back, so nothing was rolled back.';
  return [
    `Asked: ${plain(plan.next.routeTo)}. ${why}`,
    ...open.map(
      ({ target, live, seen }) =>
        `• look at ${code(target.livePath)} on ${code(target.host)}: ${live === 'candidate' ? 'the candidate is live' : seen?.known ? `it held ${plain(sayKnown(seen.known))}` : seen?.live === 'neither' ? 'it held neither the candidate nor the tree from before' : 'what is live is not known'}`,
    ),
    `• to go back, type ${code(`/rollback ${runId}`)}: it looks at the host, says what it would bring back, and asks for an approval of its own (${groups.join(', ')})`,
    ...(wentLive(run) && open.every(({ live }) => live === 'candidate')
      ? [`• to keep it, type ${code(`/verify ${runId}`)}, which measures once more and changes nothing`]
      : []),
  ];
}
