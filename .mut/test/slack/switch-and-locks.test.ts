import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startAnnouncer } from '../../src/control-plane/announcer.ts';
import type { Plan } from '../../src/plan/schema.ts';
import { approvalSchema } from '../../src/plan/schema-approval.ts';
import { type Bot, startBot } from '../fixtures/slack-bot.ts';
import { approver, channel, examplePlan, requester } from '../fixtures/slack-runs.ts';
import { people, type SlackWorkspace, startSlackWorkspace, until } from '../fixtures/slack-workspace.ts';

const other = 'C0RANDOM';
const channels = [channel, other];
const planWith = (change: object = {}): Plan =>
  examplePlan({
    approval: approvalSchema.parse({
      channels,
      requesters: [requester.id],
      groups: { SG_1: { members: [approver.id] } },
      permissions: {
        enable: [people.second.id],
        unlock: [people.second.id],
        overrideFreeze: [people.second.id],
      },
      ...change,
    }),
  });

let server: SlackWorkspace;
let bot: Bot;
/** Each test says a reason of its own, by which its messages are found. */
let reason: string;
let count = 0;

beforeAll(async () => {
  server = await startSlackWorkspace();
});
afterAll(() => server.close());
beforeEach(async () => {
  bot = await startBot(server, { plan: planWith() });
  count += 1;
  reason = `incident-${count}`;
});
afterEach(() => bot.stop());

const announcer = () =>
  startAnnouncer({
    switchboard: bot.switchboard,
    plans: async () => [planWith(), { ...planWith(), name: 'o9-authoring' }],
    client: bot.app.client,
    botUserId: bot.app.botUserId,
    postings: bot.postings,
    log: bot.log,
  });
const messages = async (where = channel) =>
  (await server.slack.control.messages(where)).filter(({ text }) => text.includes(reason));
/** Announcements with these words, by channel; answers are seen by their typist alone and are none. */
const told = (words: string) =>
  Promise.all(
    channels.map(
      async (where) =>
        (await messages(where)).filter((each) => !each.ephemeral_to && each.text.includes(words)).length,
    ),
  );
const untilTold = (words: string) =>
  until(
    async () => (await told(words)).every((each) => each > 0),
    `an announcement “${words}” in each channel`,
  );

async function type(user: string, command: string, text: string): Promise<string> {
  const isAnswer = ({ ephemeral_to }: { ephemeral_to?: string | undefined }) => ephemeral_to === user;
  const before = (await server.messages()).filter(isAnswer).length;
  await server.slack.control.command({ channel, user, command, text });
  const answer = await until(
    async () => (await server.messages()).filter(isAnswer)[before],
    `an answer to ${text}`,
  );
  return answer.text;
}
const flipAs = (enabled: boolean) =>
  bot.switchboard.flip({ plan: null, enabled, level: 0, by: approver, reason });

describe('/deploy disable and enable', () => {
  it('are announced once in each channel, and only those enable who are named', async () => {
    const announcing = announcer();
    expect(await type(people.bystander.id, '/deploy', `disable ${reason}`)).toContain(
      'may not disable execution',
    );
    expect(await type(approver.id, '/deploy', `disable --level 1 ${reason}`)).toContain(
      'is disabled for all plans',
    );
    await untilTold('disabled at level 1 for all plans by Alex Approver');
    expect(await type(requester.id, '/deploy', `enable ${reason}`)).toContain('may not enable execution');
    expect(await type(requester.id, '/deploy', 'status')).toContain(reason);
    expect(await type(people.second.id, '/deploy', `enable ${reason} over`)).toContain(
      'Execution is enabled',
    );
    await untilTold(`${reason} over`);
    await announcing.stop();
    expect(await told('Execution disabled')).toEqual([1, 1]);
    expect(await told('Execution enabled')).toEqual([1, 1]);
  });

  it('keep runs of one plan from starting, at level 3, and say so to whoever asks', async () => {
    expect(await type(approver.id, '/deploy', `disable --plan o8b-retry --level 3 ${reason}`)).toContain(
      '`o8b-retry`',
    );
    expect(await type(requester.id, '/deploy', 'o8b-retry')).toContain('LIVE runs do not start');
    expect(await bot.control.recent(5)).toEqual([]);
  });
});

describe('an announcement', () => {
  it('that a crash kept from being made is made after the restart, once', async () => {
    await flipAs(false);
    for (let starts = 0; starts < 2; starts += 1) {
      const announcing = announcer();
      await untilTold('Execution disabled');
      await announcing.stop();
    }
    expect(await told('Execution disabled')).toEqual([1, 1]);
  });

  it('that was posted but not recorded is found again', async () => {
    server.proxy.breakNext('chat.postMessage', { kind: 'lost-answer' });
    await flipAs(false);
    const first = announcer();
    await untilTold('Execution disabled');
    await first.stop();
    expect(bot.postings.rows.get(`control flip-1-${channel}`)?.state).toBe('pending');
    const second = announcer();
    await until(
      async () => bot.postings.rows.get(`control flip-1-${channel}`)?.state === 'posted',
      'the record of the announcement',
    );
    await second.stop();
    expect(await told('Execution disabled')).toEqual([1, 1]);
  });

  it('reaches the other channels when one cannot be told', async () => {
    server.proxy.breakNext('chat.postMessage', { kind: 'refuse', error: 'not_in_channel' });
    const announcing = announcer();
    await flipAs(false);
    await until(
      async () => (await told('Execution disabled'))[1] === 1,
      'the announcement in the other channel',
    );
    await announcing.stop();
    expect(await told('Execution disabled')).toEqual([0, 1]);
  });
});

describe('/runs', () => {
  it('shows the lock of an open run, and lets those break it who are named', async () => {
    const { runId } = await bot.runToApproval();
    expect(await type(people.bystander.id, '/runs', 'locks')).toMatch(
      new RegExp(`on .contabo.: run .${runId}., deploy of o8b-retry, asked for by Dana Requester`),
    );
    expect(await type(requester.id, '/runs', `unlock ${runId} ${reason}`)).toContain('may not break locks');
    expect(await type(people.second.id, '/runs', `unlock ${runId}`)).toContain('and why');
    expect(await type(people.second.id, '/runs', `unlock ${runId} ${reason}`)).toContain(
      'lock was taken from run',
    );
    expect((await bot.state(runId)).lockBroken).toMatchObject({ by: { id: people.second.id }, reason });
    expect(await type(people.second.id, '/runs', 'locks')).toContain('No target is held');
  });

  it('lets those override a freeze who are named', async () => {
    const { runId } = await bot.runToApproval();
    expect(await type(requester.id, '/runs', `override-freeze ${runId} ${reason}`)).toContain(
      'may not override',
    );
    expect(await type(people.second.id, '/runs', `override-freeze ${runId} ${reason}`)).toContain(
      'on record',
    );
    expect((await bot.state(runId)).freezeOverrides).toMatchObject([
      { by: { id: people.second.id }, reason },
    ]);
  });

  it('does not start in a freeze, unless somebody who may says why', async () => {
    await bot.stop();
    const freeze = { title: 'year end', timeZone: 'UTC', from: '2020-01-01T00:00', to: '2999-01-01T00:00' };
    const requesters = [requester.id, people.second.id];
    bot = await startBot(server, { plan: planWith({ requesters, freezes: [freeze] }) });
    expect(await type(requester.id, '/deploy', 'o8b-retry')).toContain('is frozen until');
    expect(await type(requester.id, '/deploy', `o8b-retry --override-freeze ${reason}`)).toContain(
      'may not override',
    );
    expect(await bot.control.recent(5)).toEqual([]);
    expect(await type(people.second.id, '/deploy', `o8b-retry --override-freeze ${reason}`)).toContain(
      'has started',
    );
    expect((await bot.control.recent(1))[0]?.freezeOverrides).toMatchObject([
      { freezes: [{ title: 'year end' }] },
    ]);
  });
});

describe('a mention', () => {
  it('does the same in a thread, and pings nobody', async () => {
    const ts = await server.slack.control.message({ channel, user: approver.id, text: `a thread ${reason}` });
    const say = async (user: string, text: string, words: string) => {
      await server.slack.control.message({
        channel,
        user,
        threadTs: ts,
        text: `<@${server.slack.botUserId}> ${text}`,
      });
      return server.awaitMessage(
        (each) => each.thread_ts === ts && each.user === server.slack.botUserId && each.text.includes(words),
        words,
      );
    };
    const refused = await say(people.bystander.id, `deploy disable ${reason}`, 'may not disable execution');
    expect(refused.text).toContain('Alex Approver');
    expect(refused.text).not.toMatch(/<[@!]/);
    await say(approver.id, `deploy disable ${reason}`, 'Execution is disabled for all plans');
    await say(approver.id, 'deploy status', reason);
    await say(approver.id, 'runs locks', 'No target is held');
    expect(bot.switchboard.board().all).toMatchObject({ enabled: false, by: { id: approver.id } });
  });
});
