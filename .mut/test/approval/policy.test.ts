// Whether a quorum is reached, against every assignment of people to seats.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignGroups, missingApprovals, quorumReached } from '../../src/approval/policy.ts';
import { approvalSchema } from '../../src/plan/schema-approval.ts';
import type { Consent } from '../../src/run/approval-state.ts';

interface Case {
  /** Quorum of each group. */
  readonly quorums: readonly number[];
  /** For each person the groups in which the consent counts, by index. */
  readonly people: readonly (readonly number[])[];
}

const cases: fc.Arbitrary<Case> = fc.integer({ min: 1, max: 4 }).chain((groups) =>
  fc.record({
    quorums: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: groups, maxLength: groups }),
    people: fc.array(fc.subarray([...Array(groups).keys()]), { maxLength: 6 }),
  }),
);

const name = (group: number) => `SG_${group}`;

function policyOf({ quorums }: Case) {
  const groups = quorums.map((quorum, index) => [name(index), { members: ['U0ANYBODY'], quorum }] as const);
  return approvalSchema.parse({
    channels: ['C0DEPLOYS'],
    requesters: ['U0REQUESTER'],
    groups: Object.fromEntries(groups),
  });
}

function consentsOf({ people }: Case): Consent[] {
  return people.map((groups, index) => ({
    approver: { id: `U0P${index}`, name: `P${index}` },
    groups: groups.map(name),
    votedAt: '2026-05-21T05:30:00.000Z',
    channel: 'C0DEPLOYS',
    messageTs: '1.1',
    via: 'reaction',
    factor: null,
  }));
}

/** The most seats that can be filled: tries for each person every group of theirs, and none. */
function mostFilled(open: readonly number[], people: Case['people']): number {
  const [person, ...others] = people;
  if (person === undefined) return 0;
  const filled = person
    .filter((group) => (open[group] ?? 0) > 0)
    .map((group) => 1 + mostFilled(open.with(group, (open[group] ?? 0) - 1), others));
  return Math.max(mostFilled(open, others), ...filled);
}

function stillOpen({ quorums, people }: Case): number {
  return quorums.reduce((sum, quorum) => sum + quorum, 0) - mostFilled(quorums, people);
}

const numRuns = 1500;

describe('a quorum of every group', () => {
  it('is reached exactly when some assignment of people to groups fills every seat', () => {
    const seen = { reached: 0, short: 0 };
    fc.assert(
      fc.property(cases, (each) => {
        const reached = quorumReached(policyOf(each), consentsOf(each));
        expect(reached).toBe(stillOpen(each) === 0);
        seen[reached ? 'reached' : 'short'] += 1;
      }),
      { numRuns },
    );
    expect(Math.min(seen.reached, seen.short)).toBeGreaterThan(numRuns / 20);
  });

  it('does not depend on who consented first', () => {
    const shuffled = cases.chain((each) =>
      fc.record({
        before: fc.constant(each),
        people: fc.shuffledSubarray([...each.people.keys()], { minLength: each.people.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ before, people }) => {
        const policy = policyOf(before);
        const consents = consentsOf(before);
        const after = people.flatMap((index) => consents[index] ?? []);
        expect(after).toHaveLength(consents.length);
        expect(quorumReached(policy, after)).toBe(quorumReached(policy, consents));
        expect(missingOf(policy, after)).toBe(missingOf(policy, consents));
      }),
      { numRuns },
    );
  });

  it('is never lost by one more consent', () => {
    fc.assert(
      fc.property(cases, (each) => {
        const [first, ...others] = consentsOf(each);
        fc.pre(first !== undefined);
        const policy = policyOf(each);
        expect(
          quorumReached(policy, others) && !quorumReached(policy, [...others, ...(first ? [first] : [])]),
        ).toBe(false);
      }),
      { numRuns },
    );
  });

  it('is shown as one group for each person, one in which the person counts, with every seat filled', () => {
    fc.assert(
      fc.property(cases, (each) => {
        const policy = policyOf(each);
        const consents = consentsOf(each);
        const assigned = assignGroups(policy, consents);
        expect(assigned.map(({ approver }) => approver)).toEqual(consents.map(({ approver }) => approver));
        for (const [index, { group }] of assigned.entries())
          expect(consents[index]?.groups.length === 0 ? ['none'] : consents[index]?.groups).toContain(group);
        if (!quorumReached(policy, consents)) return;
        for (const [index, quorum] of each.quorums.entries())
          expect(assigned.filter(({ group }) => group === name(index)).length).toBeGreaterThanOrEqual(quorum);
      }),
      { numRuns },
    );
  });

  it('is what is missing nothing, and what is missing is as few people as can be', () => {
    fc.assert(
      fc.property(cases, (each) => {
        const policy = policyOf(each);
        const consents = consentsOf(each);
        expect(missingApprovals(policy, consents).length === 0).toBe(quorumReached(policy, consents));
        expect(missingOf(policy, consents)).toBe(stillOpen(each));
      }),
      { numRuns },
    );
  });

  it('says in words who is missing, and mentions user groups as such', () => {
    const policy = approvalSchema.parse({
      channels: ['C0DEPLOYS'],
      requesters: ['U0REQUESTER'],
      groups: { SG_1: { members: ['U0ALICE', 'S0OPS'], quorum: 2 }, SG_2: { members: ['U0BOB'] } },
    });
    const [both] = consentsOf({ quorums: [1, 1], people: [[1, 2]] });
    expect(missingApprovals(policy, [])).toEqual([
      'SG_1: 2 more of <@U0ALICE>, <!subteam^S0OPS>',
      'SG_2: 1 more of <@U0BOB>',
    ]);
    expect(missingApprovals(policy, both ? [both] : [])).toEqual([
      'SG_1: 1 more of <@U0ALICE>, <!subteam^S0OPS>',
      'SG_2: 1 more of <@U0BOB>',
    ]);
  });
});

/** How many more people are asked for in all. */
function missingOf(...given: Parameters<typeof missingApprovals>): number {
  return missingApprovals(...given)
    .map((line) => Number(/: (\d+) more of /.exec(line)?.[1]))
    .reduce((sum, more) => sum + more, 0);
}
