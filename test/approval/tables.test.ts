// Small tables of what decides on votes: membership by user group, second factors, the state of the run, and a look that is used.
import { describe, expect, it } from 'vitest';
import { authorize, type Scene } from '../../src/approval/authorize.ts';
import { type Identity, isOneOf } from '../../src/approval/identity.ts';
import { userGroupsOf } from '../../src/approval/permissions.ts';
import { missingApprovals, quorumReached } from '../../src/approval/policy.ts';
import { refusalOfState } from '../../src/approval/refuse-state.ts';
import { mostWrongCodes, type SecondFactor } from '../../src/approval/second-factor.ts';
import type { Consent } from '../../src/run/approval-state.ts';
import { decide } from '../../src/run/decide.ts';
import { foldRun, type RunState } from '../../src/run/state.ts';
import { promotedFacts } from '../fixtures/reference-facts.ts';
import { alice, eventsAtSigning, type Scenario } from '../fixtures/run-events.ts';

/** The run right after the first event of this type, or of this type and gate. */
function after(type: string, gate?: string, scenario: Scenario = {}): RunState {
  const events = eventsAtSigning(scenario);
  const found = events.findIndex(
    (event) =>
      event.type === type && (gate === undefined || ('gate' in event.data && event.data.gate === gate)),
  );
  return foldRun('r1', events.slice(0, found + 1));
}
const waiting = after('approval.requested');
const member: Identity = { ...alice, isBot: false, isDeleted: false, isGuest: false, isStranger: false };

describe('whether somebody is one of', () => {
  it.each<[readonly string[], Identity['userGroups'], boolean | null]>([
    [['U0ALICE'], {}, true],
    [['U0BOB'], {}, false],
    [[], {}, false],
    [['S0A'], { S0A: true }, true],
    [['S0A'], { S0A: false }, false],
    [['S0A'], { S0A: null }, null],
    [['S0A'], {}, null],
    [['S0A'], undefined, null],
    [['S0A', 'S0B'], { S0A: null, S0B: true }, true],
    [['S0A', 'S0B'], { S0A: null, S0B: false }, null],
    [['U0ALICE', 'S0A'], { S0A: null }, true],
    [['S0A'], { S0B: true, S0A: false }, false],
  ])('%j, in groups %j: %s', (who, userGroups, expected) => {
    expect(isOneOf(who, { ...member, ...(userGroups ? { userGroups } : {}) })).toBe(expected);
  });
});

describe('a quorum', () => {
  const consent = (id: string, ...groups: string[]): Consent => ({
    ...{ approver: { id, name: id }, groups, votedAt: 'x', channel: 'C', messageTs: '1' },
    ...{ via: 'reaction', factor: null },
  });
  const policy = (groups: { [name: string]: number }) => ({
    ...waiting.plan.approval,
    groups: Object.fromEntries(
      Object.entries(groups).map(([name, quorum]) => [name, { members: [], quorum }]),
    ),
  });
  it.each<[{ [name: string]: number }, Consent[], boolean]>([
    // Where nobody is named, nobody can consent.
    [{}, [], false],
    [{}, [consent('A', 'G')], false],
    [{ G: 1 }, [], false],
    [{ G: 1 }, [consent('A', 'G')], true],
    [{ G: 1 }, [consent('A', 'H')], false],
    [{ G: 2 }, [consent('A', 'G')], false],
    [{ G: 2 }, [consent('A', 'G'), consent('B', 'G')], true],
    // One person counts once, in whichever group the others leave.
    [{ G: 1, H: 1 }, [consent('A', 'G', 'H')], false],
    [{ G: 1, H: 1 }, [consent('A', 'G', 'H'), consent('B', 'G')], true],
    [{ G: 1, H: 1 }, [consent('B', 'G'), consent('A', 'G', 'H')], true],
    [{ G: 1, H: 1 }, [consent('A', 'G'), consent('B', 'G')], false],
  ])('of %j: case %#', (groups, consents, reached) => {
    expect(quorumReached(policy(groups), consents)).toBe(reached);
    expect(missingApprovals(policy(groups), consents).length === 0).toBe(
      reached || Object.keys(groups).length === 0,
    );
  });
});

describe('a consent where the plan asks for a code', () => {
  const policy = { ...waiting.plan.approval, secondFactor: 'totp' as const };
  const ask = (secondFactor: SecondFactor | undefined, wrong = 0, act: 'approve' | 'reject' = 'approve') => {
    const approval = waiting.approval && {
      ...waiting.approval,
      wrongCodes: { [alice.id]: wrong, U0BOB: 99 },
    };
    const run = { ...waiting, plan: { ...waiting.plan, approval: policy }, approval };
    const scene: Scene = {
      ...{ policy, of: 'o8b-retry', place: { channel: waiting.channel, isShared: false }, run, now: 0 },
      ...(secondFactor ? { secondFactor } : {}),
    };
    const authority = authorize({ kind: 'person', identity: member }, act, scene);
    return authority.allowed ? 'counts' : authority.refusal.code;
  };
  it.each<[SecondFactor | undefined, string]>([
    ['valid', 'counts'],
    ['wrong', 'second-factor-wrong'],
    ['used', 'second-factor-used'],
    ['none', 'second-factor-none'],
    ['missing', 'second-factor-missing'],
    [undefined, 'second-factor-missing'],
  ])('with %s: %s', (factor, expected) => {
    expect(ask(factor)).toBe(expected);
  });

  it('counts no code after five wrong ones of the same person, and never needs one to say no', () => {
    expect(mostWrongCodes).toBe(5);
    expect([3, 4, 5, 6].map((wrong) => ask('valid', wrong))).toEqual([
      ...['counts', 'counts', 'second-factor-locked', 'second-factor-locked'],
    ]);
    expect(ask(undefined, 99, 'reject')).toBe('counts');
  });
});

describe('a vote', () => {
  const by = { id: 'U0OPS', name: 'Olga' };
  const at = '2026-05-21T05:30:00.000Z';
  const status = (of: NonNullable<RunState['approval']>['status']) => ({
    ...waiting,
    approval: waiting.approval && { ...waiting.approval, status: of },
  });
  it.each<[string, RunState, string | null]>([
    ['while it waits', waiting, null],
    ['while it is granted', status('granted'), null],
    ['once it is void', status('voided'), 'closed'],
    ['once it is rejected', status('rejected'), 'closed'],
    ['once it has expired', status('expired'), 'closed'],
    ['after the point of no return', { ...status('granted'), pointOfNoReturn: at }, 'closed'],
    ['on a run that was aborted', { ...waiting, aborted: { by, reason: 'x' } }, 'closed'],
    ['on a run that lost its lock', { ...waiting, lockBroken: { by, reason: 'x', at } }, 'closed'],
    [
      'on a run that has ended',
      { ...waiting, finished: { verdict: 'PASS', outcome: 'x', reason: null, at } },
      'closed',
    ],
    ['on a run that asks for nothing', { ...waiting, approval: null }, 'no-approval'],
    ['on a run that is being signed', after('gate.queued', 'report'), 'closed'],
  ])('%s', (_, run, expected) => {
    const scene = { policy: run.plan.approval, of: 'x', place: null, run, now: 0 };
    for (const act of ['approve', 'reject'] as const)
      expect(refusalOfState(act, alice, scene)?.code ?? null).toBe(expected);
    expect(refusalOfState('approve', alice, { ...scene, run: null })?.code).toBe('unknown-run');
  });
});

describe('a withdrawal', () => {
  const consent = {
    approver: alice,
    groups: ['SG_1'],
    votedAt: 'x',
    channel: 'C',
    messageTs: '1',
    factor: null,
  };
  const run: RunState = {
    ...waiting,
    approval: waiting.approval && { ...waiting.approval, approvals: [{ ...consent, via: 'reaction' }] },
  };
  const by = (id: string, of: RunState | null = run) => {
    const scene = { policy: waiting.plan.approval, of: 'x', place: null, run: of, now: 0 };
    return refusalOfState('withdraw', { id, name: id }, scene)?.code ?? null;
  };
  it('is for whoever has consented, while the run is open', () => {
    expect(by(alice.id)).toBeNull();
    expect(by('U0BOB')).toBe('closed');
    expect(by(alice.id, waiting)).toBe('closed');
    expect(by(alice.id, { ...run, approval: null })).toBe('closed');
    expect(by(alice.id, null)).toBe('unknown-run');
  });
});

describe('the user groups that have to be read', () => {
  it('are all that the policy names, each once, and no people', () => {
    const { permissions } = waiting.plan.approval;
    const policy = {
      ...waiting.plan.approval,
      requesters: ['U0A', 'S0REQ'],
      groups: { G: { members: ['S0A', 'U0B'], quorum: 1 }, H: { members: ['S0B', 'S0A'], quorum: 1 } },
      permissions: { ...permissions, rollback: ['S0BACK', 'U0C'], enable: ['S0ON'], unlock: ['S0REQ'] },
    };
    expect(userGroupsOf(policy).toSorted()).toEqual(['S0A', 'S0B', 'S0BACK', 'S0ON', 'S0REQ']);
    expect(userGroupsOf(waiting.plan.approval)).toEqual([]);
  });
});

describe('a plan without channels', () => {
  it('is run from any that is not shared, on the run’s own all the same', () => {
    const policy = { ...waiting.plan.approval, channels: [] };
    const from = (channel: string, isShared: boolean | null, run: RunState | null) => {
      const scene: Scene = { policy, of: 'x', place: { channel, isShared }, run, now: 0 };
      const actor = { kind: 'person' as const, identity: { ...member, id: 'U0REQUESTER' } };
      const authority = authorize(actor, 'request', scene);
      return authority.allowed ? null : authority.refusal.code;
    };
    expect(from('C0ANY', false, null)).toBeNull();
    expect(from('C0ANY', true, null)).toBe('shared-channel');
    expect(from('C0ANY', null, null)).toBe('unknown-channel');
    expect(from('C0ANY', false, waiting)).toBe('wrong-channel');
  });
});

describe('a change', () => {
  const next = (run: RunState) => {
    const decision = decide(run, Date.parse('2026-05-21T05:24:00.000Z'));
    const event = decision.act === 'append' ? decision.events[0] : undefined;
    return event ? `${event.type}${'gate' in event.data ? ` ${event.data.gate}` : ''}` : decision.act;
  };
  /** As if nobody had looked, asked and granted: the gate itself is what comes next. */
  const at = (kind: string, run: RunState): RunState => ({
    ...run,
    approval: null,
    gates: run.gates.map((state) =>
      state.gate.kind === kind || state.gate.kind === 'report' ? state : { ...state, status: 'pass' },
    ),
  });

  it('is asked for before it is made, whether it goes forward or back, and not in a dry run', () => {
    const back = after('run.requested', undefined, { operation: 'rollback', subjectFacts: promotedFacts() });
    const forth = after('run.requested');
    expect(next(at('promote', forth))).toBe('approval.requested');
    expect(next(at('rollback', back))).toBe('approval.requested');
    expect(next(at('drift', forth))).toBe('approval.requested');
    expect(next(at('promote', { ...forth, mode: 'DRYRUN' }))).toBe('gate.queued promote');
    expect(next(at('prove', forth))).toBe('gate.queued prove');
  });

  it('is not made on a look that did not pass', () => {
    const run = after('gate.finished', 'drift');
    const with_ = (status: 'pass' | 'partial' | 'not-run') => ({
      ...run,
      gates: run.gates.map((state) => (state.gate.kind === 'drift' ? { ...state, status } : state)),
    });
    expect(next(with_('pass'))).toBe('point-of-no-return promote');
    for (const status of ['partial', 'not-run'] as const)
      expect(next(with_(status))).toBe('gate.queued drift');
  });
});
