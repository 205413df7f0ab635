// Approval policies that say what cannot be meant: quorums that nobody could ever reach, people listed twice, and plan names
// that commands understand otherwise.
import type { ReferenceFault } from './outline.ts';

interface Group {
  readonly members: readonly string[];
  readonly quorum: number;
}

interface ApprovalOutline {
  readonly channels: readonly string[];
  readonly requesters: readonly string[];
  readonly groups: Readonly<Record<string, Group>>;
}

/** `/deploy status` and the like are no runs. */
const reserved = ['disable', 'enable', 'status'];

export function nameFaults(name: string | undefined): ReferenceFault[] {
  return name !== undefined && reserved.includes(name)
    ? [
        {
          path: ['name'],
          message: `expected another name, got ${JSON.stringify(name)}: /deploy ${name} is about the execution switch; rename the plan`,
        },
      ]
    : [];
}

/** Faults of one group first; what only shows when all are looked at together is told once each of them is good. */
export function approvalFaults(approval: ApprovalOutline | null): ReferenceFault[] {
  if (approval === null) return [];
  const { requesters, groups } = approval;
  const alone = Object.entries(groups).flatMap(([name, group]) => groupFaults(name, group, requesters));
  return [...twiceFaults(approval), ...(alone.length > 0 ? alone : overlapFaults(groups, requesters))];
}

/** Members of a user group are known to Slack alone, and may be as many as it takes. */
const isUserGroup = (id: string) => id.startsWith('S');

function groupFaults(
  name: string,
  { members, quorum }: Group,
  requesters: readonly string[],
): ReferenceFault[] {
  if (members.some(isUserGroup)) return [];
  const people = new Set(members);
  if (quorum > people.size)
    return [
      {
        path: ['approval', 'groups', name, 'quorum'],
        message: `expected at most ${people.size} (its members), got ${quorum}; add members or lower the quorum`,
      },
    ];
  // Without any requester the schema has its say.
  const possible =
    requesters.length === 0 ||
    requesters.some((requester) => people.size - (people.has(requester) ? 1 : 0) >= quorum);
  return possible
    ? []
    : [
        {
          path: ['approval', 'groups', name, 'members'],
          message: `expected ${quorum} besides the requester, who never approves, got ${people.size - 1}; add members`,
        },
      ];
}

/** One person counts in one group: groups that share their members may reach their quorums alone, and never together. */
function overlapFaults(
  groups: Readonly<Record<string, Group>>,
  requesters: readonly string[],
): ReferenceFault[] {
  const asked = requesters.length === 0 ? [''] : requesters;
  const [fewest] = asked
    .map((requester) => seatsLeft(groups, requester))
    .toSorted((a, b) => a.length - b.length);
  const missing = [...new Set(fewest)];
  if (fewest === undefined || fewest.length === 0) return [];
  return missing.map((name) => ({
    path: ['approval', 'groups', name, 'quorum'],
    message: `expected quorums that different people can reach together (one person counts in one group, the requester in none), got ${fewest.length} more than there are; add members or lower a quorum`,
  }));
}

/** The groups that lack somebody when everybody but the requester has approved; one entry for each who is lacking. */
function seatsLeft(groups: Readonly<Record<string, Group>>, requester: string): string[] {
  const seats = Object.entries(groups).flatMap(([name, { members, quorum }]) =>
    members.some(isUserGroup)
      ? []
      : Array.from({ length: quorum }, () => ({ name, people: members.filter((id) => id !== requester) })),
  );
  /** By person, the seat that they have. */
  const taken = new Map<string, number>();
  const place = (seat: number, tried: Set<string>): boolean =>
    (seats[seat]?.people ?? []).some((person) => {
      if (tried.has(person)) return false;
      tried.add(person);
      const other = taken.get(person);
      if (other !== undefined && !place(other, tried)) return false;
      taken.set(person, seat);
      return true;
    });
  return seats.flatMap(({ name }, seat) => (place(seat, new Set()) ? [] : [name]));
}

/** Whoever is listed twice was probably meant to be two. */
function twiceFaults({ channels, requesters, groups }: ApprovalOutline): ReferenceFault[] {
  const lists: [(string | number)[], readonly string[]][] = [
    [['approval', 'channels'], channels],
    [['approval', 'requesters'], requesters],
    ...Object.entries(groups).map(([name, { members }]): [(string | number)[], readonly string[]] => [
      ['approval', 'groups', name, 'members'],
      members,
    ]),
  ];
  return lists.flatMap(([path, ids]) =>
    ids.flatMap((id, index) =>
      ids.indexOf(id) === index
        ? []
        : [{ path: [...path, index], message: `expected each once, got ${id} again` }],
    ),
  );
}
