// On whose word a run went on, or did not.
import { assignGroups } from '../../approval/policy.ts';
import type { RunState } from '../../run/state.ts';
import { code, plain } from './escape.ts';
import { utc } from './measures.ts';

/** Lines of mrkdwn; none for a run that never asked. */
export function approvalLines({ approval, requester, aborted, plan }: RunState): string[] {
  if (!approval) return [];
  const { status, approvals, rejectedBy, decidedAt, digest, expiresAt } = approval;
  const at = decidedAt ? ` at ${utc(decidedAt)}` : '';
  const what = `for ${code(digest)}`;
  const asked = `Requested by ${plain(requester.name)}`;
  if (rejectedBy) return [`*Rejected by ${plain(rejectedBy.name)}*${at}, ${what}`, asked];
  switch (status) {
    case 'granted':
      return [
        `Approved by ${assignGroups(plan.approval, approvals)
          .map(
            ({ approver, group, votedAt, factor }) =>
              `*${plain(approver.name)}* (${plain(group)}${factor === null ? '' : ', with a second factor'}) at ${utc(votedAt)}`,
          )
          .join(' and ')}, ${what}`,
        asked,
      ];
    case 'expired':
      return [`Expired: no quorum by ${utc(expiresAt)}, ${what}`, asked];
    default:
      return [`Not decided${aborted ? ' before the run was aborted' : ''}, ${what}`, asked];
  }
}
