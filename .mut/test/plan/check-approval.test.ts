import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { quorumReached } from '../../src/approval/policy.ts';
import { approvalFaults } from '../../src/plan/check-approval.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import { approvalSchema } from '../../src/plan/schema-approval.ts';
import type { Consent } from '../../src/run/approval-state.ts';

const example = readFileSync('examples/plans/o8b-retry.yaml', 'utf8');

function faultsOf(change: { name?: string; approval?: object }) {
  const value = parse(example) as { approval: object };
  const parsed = parsePlan(
    'plan.yaml',
    stringify({ ...value, ...change, approval: { ...value.approval, ...change.approval } }),
  );
  return parsed.ok ? [] : parsed.faults.map(({ path, message, line }) => ({ path, message, line }));
}

const pathsOf = (change: Parameters<typeof faultsOf>[0]) => faultsOf(change).map(({ path }) => path);

describe('the name of a plan', () => {
  it.each(['disable', 'enable', 'status'])('is not %s, which /deploy takes for the switch', (name) => {
    expect(faultsOf({ name })).toEqual([
      { path: 'name', message: expect.stringContaining(`/deploy ${name}`), line: 2 },
    ]);
  });

  it('may hold such a word', () => expect(faultsOf({ name: 'disable-cron' })).toEqual([]));
});

describe('an approval policy', () => {
  it('is refused when groups share the people whom they need together, at each group that lacks one', () => {
    const groups = {
      SG_1: { members: ['U0A', 'U0B'], quorum: 1 },
      SG_2: { members: ['U0A', 'U0B'], quorum: 2 },
    };
    const [fault] = faultsOf({ approval: { groups } });
    expect(fault?.path).toMatch(/^approval\/groups\/SG_[12]\/quorum$/);
    expect(fault?.message).toContain('one person counts in one group');
    expect(fault?.line).toBeGreaterThan(1);
  });

  it('counts the requester nowhere, though one of several requesters may be enough', () => {
    const groups = { SG_1: { members: ['U0A', 'U0B'] }, SG_2: { members: ['U0A', 'U0B'] } };
    expect(pathsOf({ approval: { requesters: ['U0A', 'U0B'], groups } })).toHaveLength(1);
    expect(pathsOf({ approval: { requesters: ['U0A', 'U0C'], groups } })).toEqual([]);
  });

  it('with a user group can be as many as it takes', () => {
    const groups = {
      SG_1: { members: ['S0GROUP'], quorum: 5 },
      SG_2: { members: ['U0A', 'S0OTHER'], quorum: 3 },
    };
    expect(faultsOf({ approval: { requesters: ['S0GROUP'], groups } })).toEqual([]);
  });

  it('is refused for whoever is listed twice, where that is', () => {
    const groups = { SG_1: { members: ['U0A', 'U0B', 'U0A'] } };
    const approval = { channels: ['C0DEPLOYS', 'C0DEPLOYS'], requesters: ['U0C', 'U0C'], groups };
    expect(pathsOf({ approval })).toEqual([
      'approval/channels/1',
      'approval/requesters/1',
      'approval/groups/SG_1/members/2',
    ]);
  });

  it('is refused exactly when no requester leaves enough people for all quorums', () => {
    const person = fc.constantFrom('U0A', 'U0B', 'U0C', 'U0D');
    const people = fc.uniqueArray(person, { minLength: 1 });
    const group = fc.record({ members: people, quorum: fc.integer({ min: 1, max: 3 }) });
    const groups = fc.dictionary(fc.constantFrom('SG_1', 'SG_2', 'SG_3'), group, { minKeys: 1 });
    fc.assert(
      fc.property(groups, people, (drawn, requesters) => {
        const policy = approvalSchema.parse({ channels: ['C0DEPLOYS'], requesters, groups: drawn });
        const canBe = requesters.some((requester) =>
          quorumReached(policy, everybodyBut(requester, policy.groups)),
        );
        expect(approvalFaults(policy).length > 0).toBe(!canBe);
      }),
      { numRuns: 300 },
    );
  });
});

function everybodyBut(
  requester: string,
  groups: Readonly<Record<string, { members: readonly string[] }>>,
): Consent[] {
  const ids = [...new Set(Object.values(groups).flatMap(({ members }) => members))];
  return ids
    .filter((id) => id !== requester)
    .map((id) => ({
      approver: { id, name: id },
      groups: Object.entries(groups).flatMap(([name, { members }]) => (members.includes(id) ? [name] : [])),
      votedAt: '2026-05-21T05:20:00.000Z',
      channel: 'C0DEPLOYS',
      messageTs: '1.1',
      via: 'reaction',
      factor: null,
    }));
}
