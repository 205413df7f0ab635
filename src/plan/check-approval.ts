// Approval policies that nobody could ever satisfy.
import type { ReferenceFault } from './check-references.ts';

interface ApprovalOutline {
  readonly requesters: readonly string[];
  readonly groups: Readonly<Record<string, { readonly members: readonly string[]; readonly quorum: number }>>;
}

/** Quorums that are larger than their group, with or without the requester. */
export function approvalFaults(approval: ApprovalOutline | null): ReferenceFault[] {
  return [...quorumFaults(approval), ...selfApprovalFaults(approval)];
}

function quorumFaults(approval: ApprovalOutline | null): ReferenceFault[] {
  return Object.entries(approval?.groups ?? {}).flatMap(([name, { members, quorum }]) =>
    quorum > new Set(members).size
      ? [
          {
            path: ['approval', 'groups', name, 'quorum'],
            message: `expected at most ${new Set(members).size} (its members), got ${quorum}`,
          },
        ]
      : [],
  );
}

/** A group that the requester alone makes up can never reach its quorum. */
function selfApprovalFaults(approval: ApprovalOutline | null): ReferenceFault[] {
  const requesters = approval?.requesters ?? [];
  if (requesters.length === 0) return [];
  return Object.entries(approval?.groups ?? {}).flatMap(([name, { members, quorum }]) => {
    const people = new Set(members);
    const possible = requesters.some((id) => people.size - (people.has(id) ? 1 : 0) >= quorum);
    return possible || quorum > people.size
      ? []
      : [
          {
            path: ['approval', 'groups', name, 'members'],
            message: `expected ${quorum} besides the requester, who never approves, got ${people.size - 1}; add members`,
          },
        ];
  });
}
