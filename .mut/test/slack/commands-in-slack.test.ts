import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SlackMessage } from '../../src/demo/slack-control.ts';
import { type Bot, startBot } from '../fixtures/slack-bot.ts';
import { channel, requester } from '../fixtures/slack-runs.ts';
import { people, type SlackWorkspace, startSlackWorkspace, until } from '../fixtures/slack-workspace.ts';

let server: SlackWorkspace;
let bot: Bot;

beforeAll(async () => {
  server = await startSlackWorkspace();
  bot = await startBot(server);
});
afterAll(async () => {
  await bot.stop();
  await server.close();
});

/** Types a slash command and waits for the answer that only the typist sees. */
async function type(user: string, command: string, text: string, where = channel): Promise<SlackMessage> {
  const before = new Set((await server.slack.control.messages(where)).map(({ ts }) => ts));
  await server.slack.control.command({ channel: where, user, command, text });
  const find = async () =>
    (await server.slack.control.messages(where)).find(
      (each) => !before.has(each.ts) && each.ephemeral_to === user,
    );
  for (let tries = 0; tries < 500; tries += 1) {
    const found = await find();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`expected an ephemeral answer to ${command} ${text}`);
}

describe('a slash command', () => {
  it('is acknowledged, answered to its typist alone, and done', async () => {
    const answer = await type(requester.id, '/deploy', 'o8b-retry');
    const [, runId = ''] = /Run `([^`]+)`/.exec(answer.text) ?? [];
    expect((await bot.state(runId)).requester).toEqual(requester);
    const log = await server.slack.control.log();
    expect(log.some(({ kind, direction }) => direction === 'from_bot' && kind !== 'web_api')).toBe(true);
    const root = await server.awaitMessage(
      ({ blocks }) => blocks?.[0]?.block_id === `il:${runId}:root`,
      'the root of the run',
    );
    expect(root.thread_ts ?? root.ts).toBe(root.ts);
    const aborted = await type(requester.id, '/runs', `abort ${runId} wrong day`);
    expect(aborted.text).toContain('is being aborted: wrong day');
  });

  it('with a wrong plan name is told the nearest, and what to type', async () => {
    const answer = await type(requester.id, '/deploy', 'o8b-rety');
    expect(answer.text).toContain('There is no plan `o8b-rety`');
    expect(answer.text).toContain('Type `/deploy o8b-retry`');
  });

  it('of somebody who may not is refused in the words of the control plane', async () => {
    const answer = await type(people.bystander.id, '/deploy', 'o8b-retry');
    expect(answer.text).toContain('Kim Bystander may not run o8b-retry');
    expect(answer.text).toContain(`<@${requester.id}>`);
  });

  it('in a wrong channel is told the right ones', async () => {
    const answer = await type(requester.id, '/deploy', 'o8b-retry', 'C0RANDOM');
    expect(answer.text).toContain(`<#${channel}>`);
  });

  it.each([
    [
      'shared with another organisation',
      { ok: true, channel: { is_ext_shared: true } },
      'shared with another organisation',
    ],
    [
      'of which Slack does not say that it is ours',
      { ok: true, channel: {} },
      'Slack does not say what kind of channel this is',
    ],
    ['that the bot cannot see', { ok: false, error: 'channel_not_found' }, 'Invite me to it'],
  ])('in a channel %s starts nothing', async (_, body, words) => {
    await bot.stop();
    bot = await startBot(server);
    server.proxy.breakNext('conversations.info', { kind: 'answer', body });
    const answer = await type(requester.id, '/deploy', 'o8b-retry');
    expect(answer.text).toContain(words);
    expect(await bot.control.recent(5)).toEqual([]);
  });

  it('that fails inside says so instead of staying silent', async () => {
    const { recent } = bot.control;
    bot.control.recent = async () => {
      throw new Error('the ledger is away');
    };
    try {
      const answer = await type(requester.id, '/runs', '');
      expect(answer.text).toContain('did not get through');
      expect(answer.text).not.toContain('the ledger is away');
    } finally {
      bot.control.recent = recent;
    }
  });
});

describe('stopping', () => {
  it('lets a command end that is under way, and takes no new one', async () => {
    const { recent } = bot.control;
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    const { promise: goOn, resolve: release } = Promise.withResolvers<void>();
    bot.control.recent = async (limit) => {
      ask();
      await goOn;
      return recent(limit);
    };
    const answer = type(people.second.id, '/runs', '');
    await asked;
    let hasStopped = false;
    const stopped = bot.app.stop().then(() => {
      hasStopped = true;
    });
    await until(async () => server.proxy.dropSockets() === 0, 'the end of the connection');
    expect(hasStopped).toBe(false);
    release();
    expect((await answer).text).toMatch(/Latest runs|No run yet/);
    await stopped;
    await bot.stop();
    bot = await startBot(server);
  });
});

describe('a mention', () => {
  const say = (text: string, threadTs?: string) =>
    server.slack.control.message({
      channel,
      user: requester.id,
      text: `<@${server.slack.botUserId}> ${text}`,
      ...(threadTs && { threadTs }),
    });

  it('does what the command does and answers in the thread where it was typed', async () => {
    const ts = await say('runs');
    const answer = await server.awaitMessage(
      (each) => each.thread_ts === ts && each.user === server.slack.botUserId,
      'an answer in the thread',
    );
    expect(answer.text).toMatch(/Latest runs|No run yet/);
  });

  it('inside a thread is answered in that thread', async () => {
    const ts = await server.slack.control.message({ channel, user: requester.id, text: 'a thread' });
    await say('deploy', ts);
    const answer = await server.awaitMessage(
      (each) => each.thread_ts === ts && each.user === server.slack.botUserId,
      'an answer in the thread',
    );
    expect(answer.text).toContain('o8b-retry');
  });

  it('that makes no sense is told what there is', async () => {
    const ts = await say('make coffee');
    const answer = await server.awaitMessage(
      (each) => each.thread_ts === ts && each.user === server.slack.botUserId,
      'help',
    );
    expect(answer.text).toContain('I do not know `make`');
    expect(answer.text).toContain('@interlock deploy PLAN');
  });

  it('that comes twice is done once', async () => {
    server.proxy.duplicateEvents();
    const ts = await say('deploy o8b-retry');
    await server.awaitMessage(
      (each) => each.thread_ts === ts && each.text.includes('has started'),
      'the run',
    );
    const after = await say('runs');
    await server.awaitMessage(
      (each) => each.thread_ts === after && each.user === server.slack.botUserId,
      'the answer to a later mention',
    );
    expect(
      (await server.messages()).filter(
        (each) => each.thread_ts === ts && each.user === server.slack.botUserId,
      ),
    ).toHaveLength(1);
    expect(await bot.control.recent(10)).toHaveLength(1);
  });
});
