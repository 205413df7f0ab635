// Approval policies that nobody could ever satisfy, and plans that need one and have none. Pure.
import { quorumReached } from '../approval/policy.ts';
import { asksPeople, nameOf } from './check-gates.ts';
import { consentKinds, mutatingKinds } from './gate-traits.ts';
import { gatesWithIndex, type Outline, type ReferenceFault } from './outline.ts';

type Groups = Record<string, { readonly members: string[]; readonly quorum: number }>;

/** Missing approvers, quorums that cannot be reached, and more than one question to people. */
export function approvalFaults(plan: Outline): ReferenceFault[] {
  return [...missingFaults(plan), ...quorumFaults(plan), ...oneApprovalFaults(plan)];
}

/** Where something is changed or asked, somebody must be named who consents. */
function missingFaults(plan: Outline): ReferenceFault[] {
  if (!plan.approval || Object.keys(plan.approval.groups).length > 0) return [];
  const gate = gatesWithIndex(plan).find(([each]) => mutatingKinds.has(each.kind) || asksPeople(each));
  if (!gate) return [];
  const [{ kind }, index] = gate;
  return [
    {
      path: ['approval', 'groups'],
      message: `expected at least one group of approvers, since gates/${index} (${kind}) ${mutatingKinds.has(kind) ? 'changes something' : 'asks people'}, got none; name them`,
    },
  ];
}

function quorumFaults({ approval }: Outline): ReferenceFault[] {
  if (!approval) return [];
  // A group of faulty form makes every answer a guess.
  const groups: Groups = {};
  for (const [name, group] of Object.entries(approval.groups)) {
    if (!group) return [];
    groups[name] = group;
  }
  const tooLarge = Object.entries(groups).flatMap(([name, { members, quorum }]) => {
    const people = new Set(members).size;
    return quorum <= people || members.some(isUserGroup)
      ? []
      : [
          {
            path: ['approval', 'groups', name, 'quorum'],
            message: `expected at most ${people} (its members), got ${quorum}`,
          },
        ];
  });
  if (tooLarge.length > 0 || Object.keys(groups).length === 0) return tooLarge;
  if (!isReachable(groups))
    return [
      {
        path: ['approval', 'groups'],
        message: `expected enough different people for all quorums together, since one person counts in one group only, got ${new Set(Object.values(groups).flatMap(({ members }) => members)).size}; add members`,
      },
    ];
  return selfApprovalFaults(approval.requesters, groups);
}

/** Who asks never approves: with every requester, a quorum that needs that very person can never be reached. */
function selfApprovalFaults(requesters: readonly string[], groups: Groups): ReferenceFault[] {
  if (requesters.length === 0 || requesters.some(isUserGroup)) return [];
  const without = (asker: string): Groups =>
    Object.fromEntries(
      Object.entries(groups).map(([name, { members, quorum }]) => [
        name,
        { quorum, members: members.filter((each) => each !== asker) },
      ]),
    );
  if (requesters.some((asker) => isReachable(without(asker)))) return [];
  const alone = Object.entries(groups).find(
    ([name, { quorum }]) =>
      !requesters.some((asker) => new Set(without(asker)[name]?.members).size >= quorum),
  );
  const path = alone ? ['approval', 'groups', alone[0], 'members'] : ['approval', 'groups'];
  return [
    {
      path,
      message: 'expected enough people besides the requester, who never approves, got too few; add members',
    },
  ];
}

function isUserGroup(id: string): boolean {
  return id.startsWith('S');
}

/** Whether everybody together could reach every quorum. Who is in a user group is known only when somebody votes. */
function isReachable(groups: Groups): boolean {
  const seats = Object.values(groups).reduce((sum, { quorum }) => sum + quorum, 0);
  // Beyond any sensible policy; a schema has no upper bound, and the matching takes its time.
  if (seats > 1000) return false;
  const people = new Map<string, Set<string>>();
  for (const [name, { members, quorum }] of Object.entries(groups))
    for (const id of members) {
      const each = isUserGroup(id) ? Array.from({ length: quorum }, (_, at) => `${id} ${name} ${at}`) : [id];
      for (const person of each) people.set(person, (people.get(person) ?? new Set()).add(name));
    }
  return quorumReached(
    { groups },
    [...people.values()].map((those) => ({ groups: [...those] })),
  );
}

/** A run has one approval; a second question would be answered by the consents to the first. */
function oneApprovalFaults(plan: Outline): ReferenceFault[] {
  const asking = gatesWithIndex(plan).filter(([gate]) => asksPeople(gate));
  const decisions = asking.filter(([{ kind }]) => kind === 'decide');
  return decisions.flatMap(([gate, index]) => {
    const other = asking.find(([each]) => consentKinds.has(each.kind)) ?? decisions[0];
    return !other || other[0] === gate
      ? []
      : [
          {
            path: ['gates', index, 'with', 'by'],
            message: `expected one question to people a run, got ${nameOf(gate)} beside ${nameOf(other[0])} (gates/${other[1]}); let a rule decide, or make it a plan of its own`,
          },
        ];
  });
}
