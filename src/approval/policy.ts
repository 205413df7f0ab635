// Who counts, and when it is enough. Pure: facts in, decision out.
import type { Plan } from '../plan/schema.ts';
import type { Approval, Person } from '../run/events.ts';
import type { Reason } from '../run/gate-result.ts';

/** What the workspace says of a person. A field that is missing there is null here, and null never permits. */
export interface Identity {
  readonly id: string;
  readonly name: string;
  readonly isBot: boolean | null;
  readonly isDeleted: boolean | null;
  readonly isGuest: boolean | null;
  readonly isStranger: boolean | null;
}

export type Ballot =
  | { readonly allowed: true; readonly group: string }
  | { readonly allowed: false; readonly refusal: Reason };

type Policy = Plan['approval'];

/** Whether this person's vote counts for this run, and in which group. Default deny. */
export function admitVoter(policy: Policy, requester: Person, voter: Identity): Ballot {
  const refuse = (code: string, text: string): Ballot => ({ allowed: false, refusal: { code, text } });
  const group = Object.entries(policy.groups).find(([, each]) => each.members.includes(voter.id))?.[0];
  if (voter.id === requester.id) {
    return refuse(
      'requester',
      `${voter.name} asked for this run and cannot approve it; another approver must.`,
    );
  }
  if (group === undefined) {
    return refuse(
      'not-an-approver',
      `${voter.name} is in no approver group of this plan; its approvers are ${names(policy)}.`,
    );
  }
  if (voter.isBot !== false)
    return refuse('bot', `${voter.name} is a bot, or the workspace does not say; only people approve.`);
  if (voter.isDeleted !== false)
    return refuse('deleted', `${voter.name}’s account is deactivated, or the workspace does not say.`);
  if (voter.isGuest !== false)
    return refuse(
      'guest',
      `${voter.name} is a guest, or the workspace does not say; only full members approve.`,
    );
  if (voter.isStranger !== false)
    return refuse('stranger', `${voter.name} belongs to another workspace, or ours does not say.`);
  return { allowed: true, group };
}

/** True once every group has its quorum of different people. */
export function quorumReached(policy: Policy, approvals: readonly Approval[]): boolean {
  return missingApprovals(policy, approvals).length === 0;
}

/** What is still missing, in words: "SG_1: 1 more of U1, U2". Empty when the quorum is reached. */
export function missingApprovals(policy: Policy, approvals: readonly Approval[]): string[] {
  return Object.entries(policy.groups).flatMap(([group, { quorum, members }]) => {
    const people = new Set(approvals.filter((each) => each.group === group).map((each) => each.approver.id));
    const missing = quorum - people.size;
    return missing > 0 ? [`${group}: ${missing} more of ${members.map((id) => `<@${id}>`).join(', ')}`] : [];
  });
}

function names(policy: Policy): string {
  return [...new Set(Object.values(policy.groups).flatMap((each) => each.members))]
    .map((id) => `<@${id}>`)
    .join(', ');
}
