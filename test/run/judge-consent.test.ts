// What becomes of a consent by what is known of its giver just before the point of no return.
import { describe, expect, it } from 'vitest';
import type { Identity, Place } from '../../src/approval/identity.ts';
import type { Plan } from '../../src/plan/schema.ts';
import { PendingDecisionError } from '../../src/run/pending-decision.ts';
import { judgeConsent } from '../../src/run/review-consents.ts';
import { foldRun } from '../../src/run/state.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';
import { eventsAtSigning } from '../fixtures/run-events.ts';

const person: Identity = {
  ...{ id: 'U0ALICE', name: 'Alice' },
  ...{ isBot: false, isDeleted: false, isGuest: false, isStranger: false },
};
const place: Place = { channel: 'C0DEPLOYS', isShared: false };
const policy = (groups: Plan['approval']['groups'], more: object = {}) => {
  const plan = referencePlan();
  return { ...plan, approval: { ...plan.approval, ...more, groups } };
};
const group = (...members: string[]) => ({ members, quorum: 1 }) as Plan['approval']['groups'][string];
const twoGroups = policy({ a: group('U0ALICE'), b: group('U0ALICE', 'U0BOB') });

/** Alice and Bob have consented; the run stands just before, or just behind, the point of no return. */
function consented(plan: Plan = referencePlan(), isBehind = false) {
  const events = eventsAtSigning({ plan });
  const crossing = events.findIndex(({ type }) => type === 'point-of-no-return');
  if (crossing === -1) throw new RangeError('expected consents that are enough');
  return foldRun('r1', events.slice(0, crossing + (isBehind ? 1 : 0)));
}

function judged(
  given: {
    plan?: Plan;
    /** The policy by now, where it is another than when the consent was given. */
    now?: Plan;
    identity?: Partial<Identity>;
    place?: Place;
    isBehind?: boolean;
    approver?: { id: string; name: string };
    factor?: 'totp' | null;
  } = {},
) {
  const { plan = referencePlan(), approver = { id: 'U0ALICE', name: 'Alice' } } = given;
  const run = consented(plan, given.isBehind);
  return judgeConsent(
    given.now ? { ...run, plan: given.now } : run,
    { approver, factor: given.factor ?? null },
    { kind: 'person', identity: { ...person, ...given.identity } },
    {
      policy: (given.now ?? plan).approval,
      of: plan.name,
      place: given.place ?? place,
      now: Date.parse('2026-05-21T05:30:00.000Z'),
    },
  );
}

const lapsed = (code: string, groups: readonly string[] = []) => [
  { type: 'approval.lapsed', data: { voter: { id: 'U0ALICE' }, groups, refusal: { code } } },
];

describe('a consent', () => {
  it('stands while its giver may still give it', () => {
    expect(judged()).toEqual([]);
  });

  it.each<[string, Parameters<typeof judged>[0], string]>([
    ['left the workspace', { identity: { isDeleted: true } }, 'deleted'],
    ['is a guest by now', { identity: { isGuest: true } }, 'guest'],
    ['is in no group of the policy any more', { now: policy({ c: group('U0BOB') }) }, 'not-an-approver'],
    ['acts where another organisation is by now', { place: { ...place, isShared: true } }, 'shared-channel'],
  ])('lapses whole when its giver %s', (_, given, code) => {
    expect(judged(given)).toMatchObject(lapsed(code));
  });

  it('counts on in the groups that its giver is still in', () => {
    const now = policy({ a: group('U0ALICE'), b: group('U0BOB') });
    const [event] = judged({ plan: twoGroups, now });
    expect([event]).toMatchObject(lapsed('left-group', ['a']));
    expect(event).toMatchObject({
      data: { refusal: { text: 'Alice is no longer in b, and the consent no longer counts there.' } },
    });
  });

  it.each<[string, Parameters<typeof judged>[0]]>([
    [
      'the user group that decides it cannot be read',
      { now: policy({ SG_1: group('S0TEAM'), SG_2: group('U0BOB') }) },
    ],
    [
      'one of two groups cannot be read',
      {
        plan: twoGroups,
        now: policy({ a: group('U0ALICE'), b: group('S0TEAM', 'U0BOB') }),
      },
    ],
    ['Slack does not say what the channel is', { place: { ...place, isShared: null } }],
  ])('neither stands nor lapses while %s', (_, given) => {
    expect(() => judged(given)).toThrow(PendingDecisionError);
  });

  it('does not need its code once more: that was used up when it was given', () => {
    const plan = policy(referencePlan().approval.groups, { secondFactor: 'totp' });
    expect(judged({ plan, factor: 'totp' })).toEqual([]);
    expect(judged({ plan, factor: null })).toMatchObject([{ type: 'approval.lapsed' }]);
  });

  it('is not judged behind the point of no return, nor of somebody who gave none', () => {
    const gone = { identity: { isDeleted: true } };
    expect(judged({ ...gone, isBehind: true })).toEqual([]);
    expect(judged({ ...gone, approver: { id: 'U0CAROL', name: 'Carol' } })).toEqual([]);
  });
});
