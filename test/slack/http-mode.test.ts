import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../src/demo/free-port.ts';
import { listening } from '../fixtures/listening.ts';
import { type Bot, startBot } from '../fixtures/slack-bot.ts';
import { channel, requester } from '../fixtures/slack-runs.ts';
import { type SlackWorkspace, startSlackWorkspace } from '../fixtures/slack-workspace.ts';

let server: SlackWorkspace;
let bot: Bot;
let url: string;

beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}/slack/events`;
  server = await startSlackWorkspace({ mode: 'events', requestUrl: url });
  const { botToken, signingSecret } = server.slack;
  bot = await startBot(server, { config: { mode: 'http', botToken, signingSecret, port } });
});
afterAll(async () => {
  await bot.stop();
  await server.close();
});

function send(body: string, secret: string, atSeconds = Math.floor(Date.now() / 1000)): Promise<Response> {
  const signature = `v0=${createHmac('sha256', secret).update(`v0:${atSeconds}:${body}`).digest('hex')}`;
  return fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-slack-signature': signature,
      'x-slack-request-timestamp': String(atSeconds),
    },
    body,
  });
}

const mention = (id: string, text: string) =>
  JSON.stringify({
    type: 'event_callback',
    event_id: id,
    team_id: server.slack.teamId,
    api_app_id: 'A0INTERLOCK',
    event: {
      type: 'app_mention',
      user: requester.id,
      text: `<@${server.slack.botUserId}> ${text}`,
      ts: '1.0',
      channel,
      event_ts: '1.0',
    },
  });

describe('HTTP mode', () => {
  it('answers signed commands of the workspace', async () => {
    await server.slack.control.command({ channel, user: requester.id, command: '/deploy', text: '' });
    const answer = await server.awaitMessage(
      (each) => each.ephemeral_to === requester.id,
      'an ephemeral answer',
    );
    expect(answer.text).toContain('/deploy PLAN');
  });

  it('takes an event once that Slack sends again, signed anew', async () => {
    const body = mention('Ev0TWICE', 'deploy o8b-retry');
    const now = Math.floor(Date.now() / 1000);
    for (const answer of [
      await send(body, server.slack.signingSecret, now - 1),
      await send(body, server.slack.signingSecret, now),
    ]) {
      expect(answer.status).toBe(200);
    }
    await server.awaitMessage(({ text }) => text.includes('has started'), 'the run');
    expect(await bot.control.recent(10)).toHaveLength(1);
  });

  it('refuses a bad signature and an old one, and does nothing', async () => {
    const body = mention('Ev0FORGED', 'deploy o8b-retry');
    expect((await send(body, 'not the secret')).status).toBe(401);
    expect((await send(body, server.slack.signingSecret, Math.floor(Date.now() / 1000) - 600)).status).toBe(
      401,
    );
    expect(bot.inbox.seen.has('slack Ev0FORGED')).toBe(false);
  });

  it('refuses a body that is too large', async () => {
    const answer = await send(
      JSON.stringify({ padding: 'x'.repeat(1_100_000) }),
      server.slack.signingSecret,
    ).then(
      ({ status }) => status,
      () => 'cut off',
    );
    expect(answer).not.toBe(200);
  });

  it('knows no other path', async () => {
    expect((await fetch(new URL('/', url))).status).toBe(404);
  });

  it('listens on all addresses', async () => {
    const port = Number(new URL(url).port);
    expect((await listening(process.pid)).filter((each) => each.port === port)).toEqual([
      { port, onAllAddresses: true },
    ]);
  });

  it('says when its port is taken', async () => {
    const other = createServer().listen(0);
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const { botToken, signingSecret } = server.slack;
    await expect(
      startBot(server, { config: { mode: 'http', botToken, signingSecret, port } }),
    ).rejects.toMatchObject({
      code: 'not-connected',
    });
    other.close();
  });
});
