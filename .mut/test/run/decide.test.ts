import { describe, expect, it } from 'vitest';
import type { Identity } from '../../src/approval/identity.ts';
import type { Json } from '../../src/plan/schema-scalars.ts';
import { decide } from '../../src/run/decide.ts';
import type { NewEvent, RunEvent } from '../../src/run/events.ts';
import type { GateResult } from '../../src/run/gate-result.ts';
import { judgeVote } from '../../src/run/judge-vote.ts';
import { foldRun, type RunState } from '../../src/run/state.ts';
import { factsWith } from '../fixtures/reference-facts.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';
import {
  alice,
  bob,
  eventsAtEnd,
  eventsAtSigning,
  requester,
  stateAtSigning,
} from '../fixtures/run-events.ts';

const beforeExpiry = Date.parse('2026-05-21T05:30:00.000Z');
const failed = { status: 'fail' as const, reason: { code: 'proofs', text: '7/8 hold' } };

function types(events: readonly RunEvent[]): string[] {
  return events.map(({ type, data }) => ('gate' in data ? `${type} ${data.gate}` : type));
}

/** The run at the moment in which it asks for approval, and a way to go on from there. */
function atApproval() {
  const all = eventsAtSigning();
  const asked = all.findIndex(({ type }) => type === 'approval.requested');
  const events = all.slice(0, asked + 1);
  const append = (...added: readonly NewEvent[]) => {
    for (const event of added)
      events.push({ ...event, seq: events.length + 1, at: '2026-05-21T05:30:00.000Z' });
  };
  return {
    run: () => foldRun('r1', events),
    append,
    /** As `decide` says, with a drift gate that finds everything as it was shown, or this. */
    toPointOfNoReturn(seen: { [name: string]: Json } = {}) {
      for (let step = 0; step < 10; step += 1) {
        const run = foldRun('r1', events);
        const next = decide(run, beforeExpiry);
        if (next.act === 'append') append(...next.events);
        if (next.act === 'await-gate' && next.gate.gate.kind === 'drift') {
          const { attempt } = next.gate;
          const result = gateResultOf('drift', attempt, factsWith('drift', seen));
          append({ type: 'gate.finished', data: { gate: 'drift', attempt, result } });
        }
        if (foldRun('r1', events).pointOfNoReturn !== null || next.act === 'await-votes') return;
      }
      throw new RangeError('expected an end of the approval, got none in ten steps');
    },
  };
}

function gateResultOf(gate: 'drift', attempt: number, facts: { [name: string]: Json }): GateResult {
  const at = '2026-05-21T05:30:00.000Z';
  return {
    gate,
    attempt,
    status: 'pass',
    reason: null,
    machine: 'mac-ssot',
    startedAt: at,
    finishedAt: at,
    checks: [{ id: 'live-tree', title: 'read', status: 'pass', actual: 'read', evidence: [] }],
    facts,
    mutations: [],
    evidence: [],
  };
}

function member(person: { id: string; name: string }): Identity {
  return { ...person, isBot: false, isDeleted: false, isGuest: false, isStranger: false };
}

function sceneOf({ plan, channel }: RunState) {
  return { policy: plan.approval, of: plan.name, place: { channel, isShared: false }, now: beforeExpiry };
}

function cast(run: RunState, person: { id: string; name: string }, vote: 'approve' | 'reject' | 'withdraw') {
  const votedAt = '2026-05-21T05:30:00.000Z';
  return judgeVote(
    run,
    {
      runId: 'r1',
      request: 1,
      voterId: person.id,
      vote,
      via: 'reaction',
      channel: 'C1',
      messageTs: '1.1',
      votedAt,
    },
    member(person),
    sceneOf(run),
  );
}

describe('deciding what comes next', () => {
  it('puts the point of no return on record before promote is queued', () => {
    const order = types(eventsAtSigning());
    expect(order.indexOf('point-of-no-return promote')).toBe(order.indexOf('gate.queued promote') - 1);
    expect(order.indexOf('approval.granted')).toBeLessThan(order.indexOf('point-of-no-return promote'));
  });

  it('stops for a gate that was left out for what it needs: nothing goes live that was not tried', () => {
    const { gates } = referencePlan();
    const plan = referencePlan({
      gates: [
        ...gates.slice(0, 3),
        { id: 'G3', kind: 'host-survey', title: 'look', supplementary: true, with: { host: 'contabo' } },
        ...gates.slice(3).map((gate) => (gate.kind === 'test' ? { ...gate, needs: ['host-survey'] } : gate)),
      ],
    });
    const order = types(eventsAtSigning({ plan, results: { 'host-survey': failed } }));
    expect(order).toContain('gate.skipped test');
    expect(order).toContain('gate.skipped promote');
    expect(order.filter((each) => each.startsWith('approval') || each.includes('queued artifact'))).toEqual(
      [],
    );
  });

  it('rolls back by itself when a gate fails after promote, and still reports', () => {
    const order = types(eventsAtSigning({ results: { prove: failed } }));
    expect(order.slice(order.indexOf('gate.finished prove') + 1)).toEqual([
      'rollback.begun',
      // Before anything else: what is live is known to be wrong.
      'gate.queued rollback',
      'gate.finished rollback',
      'gate.skipped rollback-readiness',
      'gate.queued observe-live',
      'gate.finished observe-live',
      'gate.queued report',
    ]);
  });

  it('rolls back, too, when the last gate before the report is the one that fails', () => {
    const order = types(eventsAtSigning({ results: { 'rollback-readiness': failed } }));
    expect(order.slice(order.indexOf('gate.finished rollback-readiness') + 1)).toEqual([
      'gate.queued observe-live',
      'gate.finished observe-live',
      'rollback.begun',
      'gate.queued rollback',
      'gate.finished rollback',
      'gate.queued observe-live',
      'gate.finished observe-live',
      'gate.queued report',
    ]);
  });

  it('changes nothing on the host when a gate fails before promote', () => {
    const order = types(eventsAtSigning({ results: { test: failed } }));
    expect(
      order
        .filter((each) => /artifact|stage|promote|rollback$/.test(each))
        .every((each) => each.startsWith('gate.skipped')),
    ).toBe(true);
  });

  it('holds, and does not roll back, when it could not be measured', () => {
    const run = stateAtSigning({
      results: { prove: { status: 'inconclusive', reason: { code: 'connection-lost', text: 'lost' } } },
    });
    expect(run.rollback).toBeNull();
  });

  it('brings the anchor back when a run is aborted after promote, and does not cancel that', () => {
    const run = stateAtSigning({ abortAfter: 'promote' });
    expect(run.rollback?.trigger).toBe('automatic');
    expect(run.gates.find(({ gate }) => gate.kind === 'rollback')?.status).toBe('pass');
  });

  it('skips what follows an abort, with the reason', () => {
    const run = stateAtSigning({ abortAfter: 'test' });
    expect(run.gates.find(({ gate }) => gate.kind === 'promote')).toMatchObject({
      status: 'not-run',
      reason: { code: 'aborted' },
    });
  });

  it('ends a run whose gates all pass with PASS, and is done then', () => {
    const run = foldRun('r1', eventsAtEnd(eventsAtSigning()));
    expect(run.finished?.verdict).toBe('PASS');
    expect(decide(run, beforeExpiry)).toEqual({ act: 'done' });
  });
});

describe('an approval', () => {
  it('waits for a quorum in every group', () => {
    const stage = atApproval();
    stage.append(...cast(stage.run(), alice, 'approve').events);
    expect(decide(stage.run(), beforeExpiry).act).toBe('await-votes');
    stage.append(...cast(stage.run(), bob, 'approve').events);
    expect(decide(stage.run(), beforeExpiry)).toMatchObject({
      act: 'append',
      events: [{ type: 'approval.granted' }],
    });
  });

  it('never takes a timeout for a consent', () => {
    const stage = atApproval();
    const late = Date.parse(stage.run().approval?.expiresAt ?? '');
    expect(decide(stage.run(), late)).toMatchObject({
      act: 'append',
      events: [{ type: 'approval.expired' }],
    });
  });

  it('does not outlive its expiry, even when it was granted in time', () => {
    const stage = atApproval();
    for (const person of [alice, bob]) stage.append(...cast(stage.run(), person, 'approve').events);
    const granted = decide(stage.run(), beforeExpiry);
    if (granted.act === 'append') stage.append(...granted.events);
    const late = Date.parse(stage.run().approval?.expiresAt ?? '');
    expect(decide(stage.run(), late)).toMatchObject({
      act: 'append',
      events: [{ type: 'approval.expired' }],
    });
  });

  it('can be taken back by whoever gave it, whatever the workspace says of them by now', () => {
    const stage = atApproval();
    stage.append(...cast(stage.run(), alice, 'approve').events);
    const vote = {
      runId: 'r1',
      voterId: alice.id,
      vote: 'withdraw',
      via: 'sweep',
      request: 1,
      channel: 'C1',
      messageTs: '1.1',
      votedAt: '2026-05-21T05:31:00.000Z',
    } as const;
    const { events, answer } = judgeVote(
      stage.run(),
      vote,
      { ...member(alice), isGuest: null },
      sceneOf(stage.run()),
    );
    expect(answer.counted).toBe(true);
    stage.append(...events);
    expect(stage.run().approval?.approvals).toEqual([]);
  });

  it('can be withdrawn after the quorum, until the point of no return', () => {
    const stage = atApproval();
    for (const person of [alice, bob]) stage.append(...cast(stage.run(), person, 'approve').events);
    const granted = decide(stage.run(), beforeExpiry);
    if (granted.act === 'append') stage.append(...granted.events);
    stage.append(...cast(stage.run(), bob, 'withdraw').events);
    expect(stage.run().approval?.status).toBe('waiting');
    expect(decide(stage.run(), beforeExpiry).act).toBe('await-votes');
  });

  it('is not touched by a withdrawal after the point of no return, which is recorded', () => {
    const stage = atApproval();
    for (const person of [alice, bob]) stage.append(...cast(stage.run(), person, 'approve').events);
    stage.toPointOfNoReturn();
    const { events } = cast(stage.run(), bob, 'withdraw');
    expect(events).toHaveLength(1);
    stage.append(...events);
    expect(cast(stage.run(), bob, 'withdraw').events).toEqual([]);
    expect(stage.run().approval).toMatchObject({
      status: 'granted',
      approvals: [{ approver: alice }, { approver: bob }],
    });
  });

  it('ends the run as not run when one approver rejects', () => {
    const stage = atApproval();
    stage.append(...cast(stage.run(), alice, 'reject').events);
    expect(decide(stage.run(), beforeExpiry)).toMatchObject({
      act: 'append',
      events: [{ type: 'approval.rejected' }],
    });
  });

  it('counts the same vote once, and records a refused one once', () => {
    const stage = atApproval();
    stage.append(...cast(stage.run(), alice, 'approve').events);
    expect(cast(stage.run(), alice, 'approve').events).toEqual([]);
    const refused = cast(stage.run(), requester, 'approve');
    expect(refused.answer).toMatchObject({ counted: false, refusal: { code: 'requester' } });
    stage.append(...refused.events);
    expect(cast(stage.run(), requester, 'approve')).toMatchObject({ events: [], answer: { counted: false } });
  });

  it('is void when something has changed since it was shown, with its name, and is asked for anew', () => {
    const stage = atApproval();
    for (const person of [alice, bob]) stage.append(...cast(stage.run(), person, 'approve').events);
    stage.toPointOfNoReturn({ liveTree: { digest: `sha256:${'9'.repeat(64)}` } });
    const run = stage.run();
    expect(run.pointOfNoReturn).toBeNull();
    expect(run.voided).toMatchObject([{ voided: { drift: [{ name: 'live tree' }] } }]);
    expect(run.approval).toMatchObject({ status: 'waiting', approvals: [] });
    expect(run.approval?.digest).not.toBe(run.voided[0]?.digest);
  });

  it('is not used for what was consented to on an earlier message', () => {
    const stage = atApproval();
    for (const person of [alice, bob]) stage.append(...cast(stage.run(), person, 'approve').events);
    stage.toPointOfNoReturn({ branchHead: 'f'.repeat(40) });
    expect(cast(stage.run(), alice, 'approve').answer.refusal?.code).toBe('closed');
  });

  it.each([
    ['isBot', 'bot'],
    ['isDeleted', 'deleted'],
    ['isGuest', 'guest'],
    ['isStranger', 'stranger'],
  ] as const)('denies when %s is true or unknown', (field, code) => {
    const run = atApproval().run();
    for (const value of [true, null]) {
      const vote = {
        runId: 'r1',
        request: 1,
        voterId: alice.id,
        vote: 'approve',
        via: 'button',
        channel: 'C1',
        messageTs: '1.1',
        votedAt: '2026-05-21T05:30:00.000Z',
      } as const;
      const judged = judgeVote(run, vote, { ...member(alice), [field]: value }, sceneOf(run));
      expect(judged.answer.refusal?.code).toBe(code);
    }
  });
});
