// Somebody has stolen the bot's token, and no approver helps: whatever the bot may do in Slack, nothing is consented to.
import { WebClient } from '@slack/web-api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { gateState } from '../../src/run/state.ts';
import { type Bot, startBot } from '../fixtures/slack-bot.ts';
import { approver, channel } from '../fixtures/slack-runs.ts';
import { type SlackWorkspace, startSlackWorkspace, until } from '../fixtures/slack-workspace.ts';

let server: SlackWorkspace;
let bot: Bot;
let thief: WebClient;
let runId: string;
let approvalTs: string;

beforeAll(async () => {
  server = await startSlackWorkspace();
  thief = new WebClient(server.slack.botToken, { slackApiUrl: server.proxy.apiUrl });
});
afterAll(() => server.close());
beforeEach(async () => {
  bot = await startBot(server);
  ({ runId, approvalTs } = await bot.runToApproval());
});
afterEach(() => bot.stop());

/** After everything that Slack has delivered was handled, and once more by a sweep. */
async function expectNoConsent(): Promise<void> {
  await bot.app.sweep();
  await bot.coordinator.advance(runId);
  const run = await bot.state(runId);
  expect(run.approval).toMatchObject({ status: 'waiting', approvals: [] });
  expect(run.pointOfNoReturn).toBeNull();
  expect(gateState(run, 'promote').status).toBe('pending');
}

const posted = z.object({ ts: z.string() });

describe('whoever has the bot’s token', () => {
  it('reacts as the bot on the approval: a bot is no person', async () => {
    for (const name of ['white_check_mark', 'heavy_check_mark'])
      await thief.reactions.add({ channel, timestamp: approvalTs, name }).catch(() => undefined);
    await expectNoConsent();
  });

  it('posts the approval once more, block for block: a reaction on it, even of an approver, is no vote', async () => {
    const real = (await server.messages()).find(({ ts }) => ts === approvalTs);
    const { ts } = posted.parse(
      await thief.chat.postMessage({
        channel,
        text: real?.text ?? '',
        blocks: (real?.blocks ?? []) as never,
        ...(real?.thread_ts ? { thread_ts: real.thread_ts } : {}),
      }),
    );
    await server.slack.control.reaction({ channel, ts, user: approver.id, name: 'white_check_mark' });
    await server.slack.control.interact({
      channel,
      messageTs: ts,
      user: approver.id,
      actionId: 'interlock-approve',
    });
    await expectNoConsent();
  });

  it('asks for runs in the bot’s name: its own mentions are not listened to', async () => {
    const before = (await bot.control.recent(50)).length;
    await thief.chat.postMessage({ channel, text: `<@${bot.app.botUserId}> deploy o8b-retry` });
    await expectNoConsent();
    expect(await bot.control.recent(50)).toHaveLength(before);
  });

  it('rewrites the approval, takes its buttons or deletes it: what is asked for is in the ledger, and stays', async () => {
    const { digest } = (await bot.state(runId)).approval ?? {};
    await thief.chat.update({ channel, ts: approvalTs, text: 'Approved by Alex Approver', blocks: [] });
    await expectNoConsent();
    await thief.chat.delete({ channel, ts: approvalTs });
    await expectNoConsent();
    expect((await bot.state(runId)).approval?.digest).toBe(digest);
  });

  it('and even so a real approver is heard on the real message', async () => {
    await server.slack.control.reaction({
      channel,
      ts: approvalTs,
      user: approver.id,
      name: 'white_check_mark',
    });
    await until(async () => (await bot.state(runId)).approval?.status === 'granted', 'the approval');
  });
});
