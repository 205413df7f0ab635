// What keeps a consent from being used: it is taken back, what it was given for has changed, or its giver may not give it now.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Plan } from '../../src/plan/schema.ts';
import { approvalSchema } from '../../src/plan/schema-approval.ts';
import { factsOfGate, sha256 } from '../fixtures/run-facts.ts';
import { type Bot, startBot } from '../fixtures/slack-bot.ts';
import { approver, channel, examplePlan, requester } from '../fixtures/slack-runs.ts';
import {
  people,
  type SlackWorkspace,
  startSlackWorkspace,
  textOf,
  until,
} from '../fixtures/slack-workspace.ts';

const userGroup = 'S0REVIEWERS';
let server: SlackWorkspace;
let bot: Bot;

const policyWith = (groups: object): Plan['approval'] =>
  approvalSchema.parse({ channels: [channel], requesters: [requester.id], groups });
const start = (approval: Plan['approval']) => startBot(server, { plan: examplePlan({ approval }) });

beforeAll(async () => {
  server = await startSlackWorkspace();
});
afterAll(() => server.close());
beforeEach(async () => {
  server.proxy.userGroups.set(userGroup, [approver.id]);
  server.proxy.deactivated.clear();
  server.proxy.shared.clear();
  bot = await start(policyWith({ SG_1: { members: [approver.id, people.second.id] } }));
});
afterEach(() => bot.stop());

const react = (ts: string, user: string, name = 'white_check_mark') =>
  server.slack.control.reaction({ channel, ts, user, name });
const press = (messageTs: string, user: string, actionId: string) =>
  server.slack.control.interact({ channel, messageTs, user, actionId });
const approvalOf = async (runId: string) => {
  const { approval } = await bot.state(runId);
  if (!approval) throw new Error('expected a request for approval, got none');
  return approval;
};
const consents = async (runId: string) =>
  (await approvalOf(runId)).approvals.map(({ approver: { id } }) => id);
const untilStatus = (runId: string, status: string) =>
  until(async () => (await approvalOf(runId)).status === status, `an approval that is ${status}`);
const untilTold = (user: string, words: string) =>
  server.awaitMessage(
    (each) => each.ephemeral_to === user && each.text.includes(words),
    `an explanation “${words}”`,
  );
const shown = async (ts: string) =>
  textOf(await server.awaitMessage((each) => each.ts === ts, 'the message'));

describe('the Withdraw button', () => {
  it('takes a consent back whose reaction still stands, and no sweep gives it again', async () => {
    await bot.stop();
    const groups = { SG_1: { members: [approver.id] }, SG_2: { members: [people.second.id] } };
    bot = await start(policyWith(groups));
    const { runId, approvalTs } = await bot.runToApproval();
    await react(approvalTs, approver.id);
    await until(async () => (await consents(runId)).length === 1, 'the consent');
    await press(approvalTs, approver.id, 'interlock-withdraw');
    await until(async () => (await consents(runId)).length === 0, 'the withdrawal');
    await bot.app.sweep();
    expect(await consents(runId)).toEqual([]);
    await press(approvalTs, approver.id, 'interlock-approve');
    await until(async () => (await consents(runId)).length === 1, 'the consent that was given again');
  });

  it('holds a granted approval up until the point of no return', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    await press(approvalTs, approver.id, 'interlock-approve');
    await untilStatus(runId, 'granted');
    // The message has no buttons any more; whoever still has the old one open can press.
    const vote = { runId, request: 1, voterId: approver.id, channel, messageTs: approvalTs } as const;
    await bot.control.vote({ ...vote, vote: 'withdraw', via: 'button', votedAt: new Date().toISOString() });
    await bot.finish(runId, 'drift');
    expect((await bot.state(runId)).pointOfNoReturn).toBeNull();
    expect((await approvalOf(runId)).status).toBe('waiting');
  });
});

describe('a request whose world has changed', () => {
  /** Granted, and void after the last look. */
  async function voided(): Promise<{ runId: string; old: string; anew: string }> {
    const { runId, approvalTs: old } = await bot.runToApproval();
    await react(old, approver.id);
    await untilStatus(runId, 'granted');
    const facts = { ...factsOfGate('drift'), liveTree: { digest: sha256('77'), files: 81 } };
    await bot.finish(runId, 'drift', { facts });
    return { runId, old, anew: await bot.approvalMessage(runId, 2) };
  }

  it('is shown as void, without buttons, and asked anew on a message that says what is different', async () => {
    const { runId, old, anew } = await voided();
    const before = await until(async () => {
      const text = await shown(old);
      return text.includes('⛔ Void') && text;
    }, 'the void message');
    expect(before).toContain('live tree');
    expect(before).not.toContain('"actions"');
    const after = await shown(anew);
    expect(after).toContain('Changed since it was shown before');
    expect(after).toContain(sha256('77'));
    expect(after).toContain('"actions"');
    expect((await approvalOf(runId)).approvals).toEqual([]);
    expect((await bot.state(runId)).pointOfNoReturn).toBeNull();
  });

  it('gives the new one none of its consents: not by an event, not by a sweep, not after a restart', async () => {
    const { runId, old, anew } = await voided();
    await react(old, people.second.id);
    await untilTold(people.second.id, 'is void; look at the newest request');
    await bot.app.sweep();
    expect(await consents(runId)).toEqual([]);
    await bot.app.stop();
    const restarted = await bot.restartApp();
    await restarted.sweep();
    expect(await consents(runId)).toEqual([]);
    await react(anew, people.second.id);
    await untilStatus(runId, 'granted');
    expect(await consents(runId)).toEqual([people.second.id]);
    await bot.finish(runId, 'drift', {
      facts: { ...factsOfGate('drift'), liveTree: { digest: sha256('77'), files: 81 } },
    });
    expect((await bot.state(runId)).pointOfNoReturn).not.toBeNull();
    await restarted.stop();
  });
});

describe('an approver by user group', () => {
  beforeEach(async () => {
    await bot.stop();
    bot = await start(policyWith({ SG_1: { members: [userGroup] } }));
  });

  it('is one as long as the group has them, read at the vote', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    await react(approvalTs, people.second.id);
    await untilTold(people.second.id, 'is in no approver group');
    server.proxy.userGroups.set(userGroup, [people.second.id]);
    await press(approvalTs, people.second.id, 'interlock-approve');
    await untilStatus(runId, 'granted');
  });

  it('does not count while Slack does not say who is in the group, and is counted by a later sweep', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    server.proxy.breakNext('usergroups.users.list', { kind: 'refuse', error: 'internal_error' });
    await react(approvalTs, approver.id);
    await untilTold(approver.id, 'could not be read from Slack');
    const { approvals, refused } = await approvalOf(runId);
    expect({ approvals, refused }).toEqual({ approvals: [], refused: [] });
    await bot.app.sweep();
    expect(await consents(runId)).toEqual([approver.id]);
  });

  it('who left it between consent and promote takes the consent with them', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    await react(approvalTs, approver.id);
    await untilStatus(runId, 'granted');
    server.proxy.userGroups.set(userGroup, [people.second.id]);
    await bot.finish(runId, 'drift');
    const run = await bot.state(runId);
    expect(run.pointOfNoReturn).toBeNull();
    expect(run.approval).toMatchObject({ status: 'waiting', approvals: [] });
  });

  it('keeps the run waiting, with the consent, when Slack does not say before promote', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    await react(approvalTs, approver.id);
    await untilStatus(runId, 'granted');
    server.proxy.breakNext('usergroups.users.list', { kind: 'refuse', error: 'internal_error' });
    await bot.finish(runId, 'drift');
    expect((await bot.state(runId)).pointOfNoReturn).toBeNull();
    expect(await consents(runId)).toEqual([approver.id]);
    await bot.coordinator.advance(runId);
    expect((await bot.state(runId)).pointOfNoReturn).not.toBeNull();
  });
});

describe('before promote', () => {
  async function granted(): Promise<{ runId: string; approvalTs: string }> {
    const asked = await bot.runToApproval();
    await react(asked.approvalTs, approver.id);
    await untilStatus(asked.runId, 'granted');
    return asked;
  }

  it.each([
    ['whose giver was deactivated', () => server.proxy.deactivated.add(approver.id)],
    ['in a channel that is shared with another organisation by now', () => server.proxy.shared.add(channel)],
  ])('a consent %s lapses, and nothing is promoted', async (_, change) => {
    const { runId } = await granted();
    change();
    await bot.finish(runId, 'drift');
    const run = await bot.state(runId);
    expect(run.pointOfNoReturn).toBeNull();
    expect(run.approval).toMatchObject({ status: 'waiting', approvals: [] });
    expect(run.gates.find(({ gate }) => gate.kind === 'promote')?.status).toBe('pending');
  });

  it('the cross of a bystander keeps nothing up', async () => {
    const { runId, approvalTs } = await granted();
    await bot.app.stop();
    await react(approvalTs, people.bystander.id, 'x');
    await bot.finish(runId, 'drift');
    const { pointOfNoReturn, approval } = await bot.state(runId);
    expect(pointOfNoReturn).not.toBeNull();
    expect(approval?.refused).toMatchObject([
      { voter: people.bystander.id, vote: 'reject', code: 'not-an-approver' },
    ]);
  });

  it('the cross of an approver that was missed does', async () => {
    const { runId, approvalTs } = await granted();
    await bot.app.stop();
    await react(approvalTs, people.second.id, 'x');
    await bot.finish(runId, 'drift');
    expect(await bot.state(runId)).toMatchObject({
      pointOfNoReturn: null,
      approval: { status: 'rejected', rejectedBy: { id: people.second.id } },
    });
  });
});
