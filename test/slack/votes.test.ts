import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Plan } from '../../src/plan/schema.ts';
import { approvalSchema } from '../../src/plan/schema-approval.ts';
import { type Bot, startBot } from '../fixtures/slack-bot.ts';
import { approver, channel, examplePlan, requester } from '../fixtures/slack-runs.ts';
import {
  people,
  type SlackWorkspace,
  startSlackWorkspace,
  textOf,
  until,
} from '../fixtures/slack-workspace.ts';

let server: SlackWorkspace;
let bot: Bot;

/** Two consents are needed, so that one leaves the run waiting. */
const approval: Plan['approval'] = approvalSchema.parse({
  channels: [channel],
  requesters: [requester.id],
  groups: {
    SG_1: { members: [approver.id, requester.id, people.guest.id, people.stranger.id], quorum: 1 },
    SG_2: { members: [people.second.id], quorum: 1 },
  },
  expiresAfterMinutes: 240,
});

beforeAll(async () => {
  server = await startSlackWorkspace();
});
afterAll(() => server.close());
beforeEach(async () => {
  bot = await startBot(server, { plan: examplePlan({ approval }) });
});
afterEach(() => bot.stop());

const react = (ts: string, user: string, name: string, present = true) =>
  server.slack.control.reaction({ channel, ts, user, name, present });
const approvalsOf = async (runId: string) =>
  (await bot.state(runId)).approval?.approvals.map(({ approver: { id } }) => id) ?? [];
const untilApproved = (runId: string, ids: string[]) =>
  until(
    async () => JSON.stringify((await approvalsOf(runId)).toSorted()) === JSON.stringify(ids.toSorted()),
    `approvals of ${ids.join(', ')}`,
  );
const untilTold = (user: string, words: string) =>
  server.awaitMessage(
    (each) => each.ephemeral_to === user && each.text.includes(words),
    `an explanation “${words}”`,
  );

/** Votes of this person that came over the socket. */
const votesOf = (voterId: string) =>
  bot.log.lines.filter(
    ({ message, details }) =>
      message === 'vote' &&
      'voterId' in details &&
      details.voterId === voterId &&
      'via' in details &&
      details.via === 'reaction',
  );

describe('a reaction on the approval message', () => {
  it('approves, and with the last consent the run goes on', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    await react(approvalTs, approver.id, 'white_check_mark');
    await untilApproved(runId, [approver.id]);
    const [consent] = (await bot.state(runId)).approval?.approvals ?? [];
    expect(consent).toMatchObject({ approver, groups: ['SG_1'], channel, messageTs: approvalTs });
    await react(approvalTs, people.second.id, 'heavy_check_mark');
    await until(async () => (await bot.state(runId)).approval?.status === 'granted', 'the approval');
    await bot.finish(runId, 'drift');
    await until(async () => (await bot.state(runId)).pointOfNoReturn, 'the point of no return');
    const decided = await server.awaitMessage(
      (each) => each.ts === approvalTs && textOf(each).includes('Final since'),
      'the decision',
    );
    expect(textOf(decided)).toContain('Alex Approver (SG_1');
    expect(textOf(decided)).toContain('Sam Second (SG_2');
    expect(textOf(decided)).not.toContain('"actions"');
  });

  it('withdraws when it is taken off again', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    await react(approvalTs, approver.id, 'white_check_mark');
    await untilApproved(runId, [approver.id]);
    await react(approvalTs, approver.id, 'white_check_mark', false);
    await untilApproved(runId, []);
  });

  it('withdraws nothing while another one says the same', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    await react(approvalTs, approver.id, 'white_check_mark');
    await react(approvalTs, approver.id, 'heavy_check_mark');
    await untilApproved(runId, [approver.id]);
    await react(approvalTs, approver.id, 'white_check_mark', false);
    await react(approvalTs, people.second.id, 'white_check_mark');
    await untilApproved(runId, [approver.id, people.second.id]);
  });

  it('rejects by a cross', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    await react(approvalTs, people.second.id, 'x');
    await until(async () => (await bot.state(runId)).approval?.status === 'rejected', 'the rejection');
    await server.awaitMessage(
      (each) => each.ts === approvalTs && textOf(each).includes('Rejected by Sam Second'),
      'the decision',
    );
  });

  it.each([
    ['the requester', people.requester.id, 'asked for this run and cannot approve it'],
    ['a guest', people.guest.id, 'is a guest'],
    ['somebody of another workspace', people.stranger.id, 'belongs to another workspace'],
    ['somebody in no group', people.bystander.id, 'is in no approver group'],
  ])('of %s does not count, and its giver alone is told why', async (_, user, words) => {
    const { runId, approvalTs } = await bot.runToApproval();
    await react(approvalTs, user, 'white_check_mark');
    const told = await untilTold(user, words);
    expect(told.thread_ts).toBe(bot.postings.rows.get(`${runId} root`)?.ts);
    expect(await approvalsOf(runId)).toEqual([]);
  });

  it('that is a custom emoji, or on another message, is no vote', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    const root = bot.postings.rows.get(`${runId} root`)?.ts ?? '';
    await react(approvalTs, approver.id, 'white_check_mark_blue');
    await react(root, approver.id, 'white_check_mark');
    await react(approvalTs, people.second.id, 'white_check_mark');
    await until(async () => votesOf(people.second.id).length > 0, 'the vote');
    // Stopping waits for every handler that has begun.
    await bot.app.stop();
    expect(votesOf(approver.id)).toEqual([]);
    expect(await approvalsOf(runId)).toEqual([people.second.id]);
  });

  it('that comes twice is judged once', async () => {
    server.proxy.duplicateEvents();
    const { approvalTs } = await bot.runToApproval();
    await react(approvalTs, people.bystander.id, 'white_check_mark');
    await react(approvalTs, approver.id, 'white_check_mark');
    await react(approvalTs, people.second.id, 'white_check_mark');
    await until(async () => votesOf(people.second.id).length > 0, 'the last vote');
    await bot.app.stop();
    expect(votesOf(people.bystander.id)).toHaveLength(1);
    expect(votesOf(approver.id)).toHaveLength(1);
  });
});

describe('a button of the approval message', () => {
  const press = (messageTs: string, user: string, actionId: string) =>
    server.slack.control.interact({ channel, messageTs, user, actionId });

  it('is the same vote', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    await press(approvalTs, approver.id, 'interlock-approve');
    await untilApproved(runId, [approver.id]);
    await press(approvalTs, people.second.id, 'interlock-reject');
    await until(async () => (await bot.state(runId)).approval?.status === 'rejected', 'the rejection');
  });

  it('is refused to whoever may not vote', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    await press(approvalTs, people.requester.id, 'interlock-approve');
    await untilTold(people.requester.id, 'asked for this run');
    expect(await approvalsOf(runId)).toEqual([]);
  });

  it('that names another run or another digest is no vote', async () => {
    const { runId, approvalTs: ts } = await bot.runToApproval();
    const digest = (await bot.state(runId)).approval?.digest;
    const relabel = (value: object) => {
      const text = { type: 'plain_text' as const, text: 'Approve' };
      const elements = [
        { type: 'button' as const, action_id: 'interlock-approve', text, value: JSON.stringify(value) },
      ];
      return bot.app.client.chat.update({ channel, ts, text: 'x', blocks: [{ type: 'actions', elements }] });
    };
    await relabel({ run: 'another', digest });
    await press(ts, approver.id, 'interlock-approve');
    await relabel({ run: runId, digest: `sha256:${'0'.repeat(64)}` });
    await press(ts, people.second.id, 'interlock-approve');
    await untilTold(people.second.id, 'no longer what is asked for');
    expect(await approvalsOf(runId)).toEqual([]);
  });

  it('gives a consent that a sweep leaves standing, also after a restart', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    await press(approvalTs, approver.id, 'interlock-approve');
    await untilApproved(runId, [approver.id]);
    await bot.app.sweep();
    expect(await approvalsOf(runId)).toEqual([approver.id]);
    await bot.app.stop();
    const restarted = await bot.restartApp();
    await restarted.sweep();
    await restarted.stop();
    expect(await approvalsOf(runId)).toEqual([approver.id]);
  });
});

describe('a sweep', () => {
  it('finds the votes and withdrawals that were missed while the bot was away', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    await react(approvalTs, approver.id, 'white_check_mark');
    await untilApproved(runId, [approver.id]);
    await bot.app.stop();
    await react(approvalTs, approver.id, 'white_check_mark', false);
    await react(approvalTs, people.second.id, 'white_check_mark');
    await bot.app.sweep();
    expect(await approvalsOf(runId)).toEqual([people.second.id]);
  });

  it('works without reactions.get', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    await bot.app.stop();
    await react(approvalTs, approver.id, 'white_check_mark');
    server.proxy.breakNext('reactions.get', { kind: 'refuse', error: 'unknown_method' });
    await bot.app.sweep();
    expect(await approvalsOf(runId)).toEqual([approver.id]);
  });

  it('runs by itself after a lost connection', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    expect(server.proxy.dropSockets()).toBeGreaterThan(0);
    // The workspace holds its answer back for 5 s, hoping for an ack over the dead connection.
    react(approvalTs, approver.id, 'white_check_mark').catch(() => undefined);
    await untilApproved(runId, [approver.id]);
  });

  it('follows a reconnect that failed at first, and no failure of it ends the process', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    server.proxy.breakNext('apps.connections.open', { kind: 'refuse', error: 'invalid_auth' });
    server.proxy.dropSockets();
    react(approvalTs, approver.id, 'white_check_mark').catch(() => undefined);
    await untilApproved(runId, [approver.id]);
    expect(bot.log.lines.map(({ message }) => message)).toContain(
      'could not reconnect to Slack; trying again',
    );
  });

  it('asks once, not at every sweep, about a vote that was refused', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    await bot.app.stop();
    await react(approvalTs, people.guest.id, 'white_check_mark');
    for (let times = 0; times < 3; times += 1) await bot.app.sweep();
    expect((await bot.state(runId)).approval?.refused).toHaveLength(1);
  });

  it('fails when Slack does not say how it stands', async () => {
    await bot.runToApproval();
    server.proxy.breakNext('reactions.get', { kind: 'refuse', error: 'internal_error' });
    await expect(bot.app.sweep()).rejects.toBeInstanceOf(AggregateError);
  });

  it('takes a deleted approval message as withdrawn consents, and asks again', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    await react(approvalTs, approver.id, 'white_check_mark');
    await untilApproved(runId, [approver.id]);
    await bot.app.client.chat.delete({ channel, ts: approvalTs });
    await bot.app.sweep();
    expect(await approvalsOf(runId)).toEqual([]);
    const again = await until(async () => {
      const ts = await bot.approvalMessage(runId, 1);
      return ts !== approvalTs && ts;
    }, 'the request once more');
    await react(again, approver.id, 'white_check_mark');
    // The workspace's clock may be behind ours, by which the consent was withdrawn: a sweep finds what stands there.
    await bot.app.sweep();
    await untilApproved(runId, [approver.id]);
  });

  it('brings a deleted request back though nobody has voted and nothing changes', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    await bot.projector.settled();
    await bot.app.client.chat.delete({ channel, ts: approvalTs });
    await bot.app.sweep();
    await bot.projector.settled();
    expect(await bot.approvalMessage(runId, 1)).not.toBe(approvalTs);
  });
});
