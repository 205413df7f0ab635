// When it is enough. Pure: consents in, decision out.
import type { Plan } from '../plan/schema.ts';
import type { Consent } from '../run/approval-state.ts';
import type { Approval } from '../run/events.ts';

type Policy = Plan['approval'];

/**
 * Every consent with the one group in which it counts. One person counts once, in a group of theirs: a maximum matching
 * (augmenting paths), since the first group that fits a person may be the one in which another is the only choice. A consent
 * beyond the quorums stands for its first group.
 */
export function assignGroups(policy: Policy, consents: readonly Consent[]): Approval[] {
  const seats = seatsOf(policy);
  const seated = match(seats, consents);
  return consents.map(({ groups, ...consent }, index) => ({
    ...consent,
    group: seats[seated.indexOf(index)] ?? groups[0] ?? 'none',
  }));
}

function seatsOf({ groups }: Policy): string[] {
  return Object.entries(groups).flatMap(([group, { quorum }]) => Array.from({ length: quorum }, () => group));
}

/** For every seat the index of the consent that has it. Consents come in the order of voting, and earlier ones sit first. */
function match(seats: readonly string[], consents: readonly Consent[]): (number | undefined)[] {
  const seated: (number | undefined)[] = seats.map(() => undefined);
  const place = (index: number, tried: Set<number>): boolean => {
    for (const [seat, group] of seats.entries()) {
      if (tried.has(seat) || !consents[index]?.groups.includes(group)) continue;
      tried.add(seat);
      const sitting = seated[seat];
      if (sitting === undefined || place(sitting, tried)) {
        seated[seat] = index;
        return true;
      }
    }
    return false;
  };
  for (const index of consents.keys()) place(index, new Set());
  return seated;
}

/** True once every group has its quorum of different people. Where nobody is named, nobody can consent. */
export function quorumReached(policy: Policy, consents: readonly Consent[]): boolean {
  const seats = seatsOf(policy);
  return seats.length > 0 && !match(seats, consents).includes(undefined);
}

/** What is still missing, in words: "SG_1: 1 more of U1, U2". Empty when the quorum is reached. */
export function missingApprovals(policy: Policy, consents: readonly Consent[]): string[] {
  const seats = seatsOf(policy);
  const seated = match(seats, consents);
  return Object.entries(policy.groups).flatMap(([group, { members }]) => {
    const missing = seats.filter((seat, index) => seat === group && seated[index] === undefined).length;
    return missing > 0 ? [`${group}: ${missing} more of ${members.map(mention).join(', ')}`] : [];
  });
}

/** A person or a user group, as Slack's mrkdwn mentions it. */
export function mention(id: string): string {
  return id.startsWith('S') ? `<!subteam^${id}>` : `<@${id}>`;
}
