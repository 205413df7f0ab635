// A vote whose first delivery came to nothing counts when Slack sends it again.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { approvalSchema } from '../../src/plan/schema-approval.ts';
import { type SlackApp, startSlackApp } from '../../src/slack/app.ts';
import type { Inbox } from '../../src/slack/ports.ts';
import { type SignedRequest, signed } from '../fixtures/signed-request.ts';
import { type Bot, commands, startBot } from '../fixtures/slack-bot.ts';
import { MemoryInbox } from '../fixtures/slack-memory.ts';
import { approver, channel, examplePlan, requester } from '../fixtures/slack-runs.ts';
import { people, type SlackWorkspace, startSlackWorkspace, until } from '../fixtures/slack-workspace.ts';

let server: SlackWorkspace;
let bot: Bot;
let app: SlackApp | undefined;
/** Ends the requests that the app leaves without an answer. */
let unanswered: AbortController;

beforeAll(async () => {
  server = await startSlackWorkspace();
});
afterAll(() => server.close());
beforeEach(async () => {
  // Two consents are needed, so that one leaves the run waiting.
  const groups = {
    SG_1: { members: [approver.id], quorum: 1 },
    SG_2: { members: [people.second.id], quorum: 1 },
  };
  const approval = approvalSchema.parse({ channels: [channel], requesters: [requester.id], groups });
  bot = await startBot(server, { plan: examplePlan({ approval }) });
  unanswered = new AbortController();
});
afterEach(async () => {
  unanswered.abort();
  await app?.stop();
  await bot.stop();
});

/** The bot's app once more, behind HTTP, with parts that fail as the test says. */
async function openApp(parts: { inbox?: Inbox; vote?: Bot['control']['vote'] }) {
  const { botToken, signingSecret } = server.slack;
  const { control, postings, log } = bot;
  app = await startSlackApp({
    config: { mode: 'http', botToken, signingSecret, port: 0 },
    apiUrl: server.proxy.apiUrl,
    control: { ...control, ...(parts.vote && { vote: parts.vote }) },
    commands,
    postings,
    inbox: parts.inbox ?? new MemoryInbox(),
    log,
  });
  const url = `http://127.0.0.1:${app.port}/slack/events`;
  return ({ body, headers }: SignedRequest) =>
    fetch(url, { method: 'POST', headers, body, signal: unanswered.signal });
}

const nowSeconds = () => Math.floor(Date.now() / 1000);

/** A click as Slack sends it, and as it would send it again `later` seconds after. */
async function clickOn(runId: string, messageTs: string) {
  const digest = (await bot.state(runId)).approval?.digest;
  const payload = JSON.stringify({
    type: 'block_actions',
    trigger_id: '1.2.click',
    team: { id: server.slack.teamId },
    user: { id: approver.id },
    channel: { id: channel },
    container: { type: 'message', channel_id: channel, message_ts: messageTs },
    actions: [
      {
        type: 'button',
        block_id: 'b0',
        action_id: 'interlock-approve',
        action_ts: '1700000000.000100',
        value: JSON.stringify({ run: runId, digest }),
      },
    ],
  });
  const body = new URLSearchParams({ payload }).toString();
  const type = 'application/x-www-form-urlencoded';
  return (later: number) => signed(body, server.slack.signingSecret, { at: nowSeconds() + later, type });
}

function reactionTo(messageTs: string) {
  const body = JSON.stringify({
    type: 'event_callback',
    event_id: 'Ev0REACTION',
    team_id: server.slack.teamId,
    event: {
      type: 'reaction_added',
      user: approver.id,
      reaction: 'white_check_mark',
      item: { type: 'message', channel, ts: messageTs },
      event_ts: '1700000000.000100',
    },
  });
  return (later: number) => signed(body, server.slack.signingSecret, { at: nowSeconds() + later });
}

const approvalsOf = async (runId: string) =>
  (await bot.state(runId)).approval?.approvals.map(({ approver: { id } }) => id);
const untilFailed = () =>
  until(
    async () => bot.log.lines.find(({ message }) => message === 'a Slack handler failed'),
    'the failure of the first delivery',
  );
const votes = () => bot.log.lines.filter(({ message }) => message === 'vote');

/** `bot.control.vote`, the first time with a ledger that cannot be written. */
function failingFirst(): Bot['control']['vote'] {
  let calls = 0;
  return (vote) => {
    calls += 1;
    return calls === 1 ? Promise.reject(new Error('the ledger is away')) : bot.control.vote(vote);
  };
}

it('a click that found the ledger away is not acknowledged, and counts when it comes again', async () => {
  const { runId, approvalTs } = await bot.runToApproval();
  const send = await openApp({ vote: failingFirst() });
  const click = await clickOn(runId, approvalTs);
  const first = send(click(0)).catch(() => 'no answer');
  await untilFailed();
  expect(await approvalsOf(runId)).toEqual([]);
  expect((await send(click(1))).status).toBe(200);
  expect(await approvalsOf(runId)).toEqual([approver.id]);
  // Slack shows the person that it came to nothing.
  unanswered.abort();
  expect(await first).toBe('no answer');
});

it('a reaction that found the ledger away counts when it comes again', async () => {
  const { runId, approvalTs } = await bot.runToApproval();
  const send = await openApp({ vote: failingFirst() });
  const reaction = reactionTo(approvalTs);
  await send(reaction(0));
  await untilFailed();
  expect(await approvalsOf(runId)).toEqual([]);
  await send(reaction(1));
  await until(async () => (await approvalsOf(runId))?.length === 1, 'the approval');
});

it.each([
  ['a click', clickOn],
  ['a reaction', async (_: string, ts: string) => reactionTo(ts)],
])('%s whose vote is recorded but not marked is recorded once when it comes again', async (_, make) => {
  const { runId, approvalTs } = await bot.runToApproval();
  const inbox = new MemoryInbox();
  let marked = 0;
  const forgetful: Inbox = {
    wasSeen: (source, id) => inbox.wasSeen(source, id),
    firstSeen: async (source, id) => {
      if (source === 'slack' && ++marked === 1) throw new Error('killed before the mark');
      return inbox.firstSeen(source, id);
    },
  };
  const send = await openApp({ inbox: forgetful });
  const delivery = await make(runId, approvalTs);
  void send(delivery(0)).catch(() => undefined);
  await untilFailed();
  const recorded = (await bot.state(runId)).seq;
  // It is of when Slack says that it was given, however late it came.
  const approvals = (await bot.state(runId)).approval?.approvals;
  expect(approvals).toMatchObject([{ approver: { id: approver.id }, votedAt: '2023-11-14T22:13:20.000Z' }]);
  await send(delivery(1));
  await until(async () => votes().length === 2, 'the second look');
  expect((await bot.state(runId)).seq).toBe(recorded);
  await send(delivery(2));
  unanswered.abort();
  await app?.stop();
  expect(votes()).toHaveLength(2);
});

it('a click is acknowledged after its vote is in the ledger', async () => {
  const { runId, approvalTs } = await bot.runToApproval();
  const order: string[] = [];
  const send = await openApp({
    vote: async (vote) => {
      const answer = await bot.control.vote(vote);
      order.push('recorded');
      return answer;
    },
  });
  const click = await clickOn(runId, approvalTs);
  await send(click(0)).then(() => order.push('acknowledged'));
  expect(order).toEqual(['recorded', 'acknowledged']);
});

it('copies of a click that come together are judged once', async () => {
  const { runId, approvalTs } = await bot.runToApproval();
  const send = await openApp({});
  const click = await clickOn(runId, approvalTs);
  await Promise.all([0, 1, 2].map((later) => send(click(later))));
  expect(await approvalsOf(runId)).toEqual([approver.id]);
  expect(votes()).toHaveLength(1);
});
