import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { approvalSchema } from '../../src/plan/schema-approval.ts';
import { type Bot, startBot } from '../fixtures/slack-bot.ts';
import { type Modals, openModals } from '../fixtures/slack-modals.ts';
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
let modals: Modals;

beforeAll(async () => {
  server = await startSlackWorkspace();
  modals = await openModals(server.slack.pageUrl);
});
afterAll(async () => {
  await modals?.close();
  await server.close();
});
beforeEach(async () => {
  const approval = approvalSchema.parse({
    channels: [channel],
    requesters: [requester.id],
    groups: { SG_1: { members: [approver.id] } },
    permissions: { rule: [people.second.id, people.guest.id] },
  });
  const { gates, gaps } = examplePlan();
  const short = gates.filter(({ kind }) => kind === 'precheck' || kind === 'report');
  bot = await startBot(server, {
    plan: examplePlan({
      approval,
      gates: short,
      gaps: gaps.slice(0, 2),
      passCriteria: [],
      forbiddenActions: [],
    }),
  });
});
afterEach(() => bot.stop());

/** A run that has ended, and its final message. */
async function endedRun(): Promise<{ runId: string; finalTs: string }> {
  const answer = await bot.control.request({
    operation: 'deploy',
    subject: 'o8b-retry',
    dryRun: false,
    requester,
    channel,
  });
  const { runId } = answer.ok ? answer.value : { runId: '' };
  await bot.finish(runId, 'precheck');
  await bot.finish(runId, 'report');
  const finalTs = await until(async () => {
    const row = bot.postings.rows.get(`${runId} final`);
    return row?.state === 'posted' && row.ts;
  }, 'the final message');
  return { runId, finalTs };
}

const react = (ts: string, user: string, name: string) =>
  server.slack.control.reaction({ channel, ts, user, name });
const rulingsOf = async (runId: string) => (await bot.state(runId)).rulings;
const untilRuled = (runId: string) =>
  until(async () => (await rulingsOf(runId)).at(0), `a ruling on ${runId}`);
const untilTold = (user: string, words: string) =>
  server.awaitMessage((each) => each.ephemeral_to === user && each.text.includes(words), `“${words}”`);
const judged = () => bot.log.lines.filter(({ message }) => message === 'ruling');

describe('a reaction on the final message', () => {
  it.each([
    ['white_check_mark', 'accepted'],
    ['x', 'rejected'],
  ] as const)('%s by a reviewer is a ruling: %s, and the message says so', async (name, decision) => {
    const { runId, finalTs } = await endedRun();
    await react(finalTs, people.second.id, name);
    expect(await untilRuled(runId)).toMatchObject({
      decision,
      by: { id: people.second.id, name: people.second.realName },
      via: 'reaction',
    });
    const shown = await server.awaitMessage(
      (each) => each.ts === finalTs && textOf(each).includes('*Ruling*'),
      'the ruling',
    );
    expect(textOf(shown)).toContain(`*${decision}* by *Sam Second*`);
    expect(textOf(shown)).toContain('Replace the ruling');
  });

  it.each([
    ['the requester', people.requester.id, 'may not rule on runs of'],
    ['an approver', people.approver.id, 'may not rule on runs of'],
    ['a guest, although the plan names him', people.guest.id, 'is a guest'],
  ])('of %s is none, and its giver alone is told why', async (_, user, words) => {
    const { runId, finalTs } = await endedRun();
    await react(finalTs, user, 'white_check_mark');
    const told = await untilTold(user, words);
    expect(told.thread_ts).toBe(bot.postings.rows.get(`${runId} root`)?.ts);
    expect(await rulingsOf(runId)).toEqual([]);
  });

  it('of a bot is none, also of one that the plan names', async () => {
    const { runId, finalTs } = await endedRun();
    const bots = {
      id: people.second.id,
      name: 'sam',
      team_id: server.slack.teamId,
      is_bot: true,
      deleted: false,
    };
    const unrestricted = { is_restricted: false, is_ultra_restricted: false, is_stranger: false };
    server.proxy.breakNext('users.info', {
      kind: 'answer',
      body: { ok: true, user: { ...bots, ...unrestricted, profile: { real_name: 'Sam Second' } } },
    });
    await react(finalTs, people.second.id, 'white_check_mark');
    await until(async () => judged().at(0), 'the refusal');
    expect(judged()[0]?.details).toMatchObject({ refusal: 'bot' });
    // The bot's own never come to anything at all.
    await react(finalTs, server.slack.botUserId, 'white_check_mark');
    await react(finalTs, people.second.id, 'heavy_check_mark');
    expect(await untilRuled(runId)).toMatchObject({ by: { id: people.second.id } });
    expect(judged()).toHaveLength(2);
  });

  it('counts on the one that a sweep puts there again when somebody deleted it', async () => {
    const { runId, finalTs } = await endedRun();
    await bot.projector.settled();
    await bot.app.client.chat.delete({ channel, ts: finalTs });
    await bot.app.sweep();
    await bot.projector.settled();
    const again = bot.postings.rows.get(`${runId} final`)?.ts ?? '';
    expect(again).not.toBe(finalTs);
    await react(again, people.second.id, 'white_check_mark');
    expect(await untilRuled(runId)).toMatchObject({ decision: 'accepted' });
    // And a message that stands is left alone.
    await bot.projector.settled();
    await bot.app.sweep();
    await bot.projector.settled();
    expect(bot.postings.rows.get(`${runId} final`)?.ts).toBe(again);
  });

  it('counts on the message that was posted for it, not on one that only looks like it', async () => {
    const { runId, finalTs } = await endedRun();
    const final = (await server.messages()).find(({ ts }) => ts === finalTs);
    const copied = await bot.app.client.chat.postMessage({
      channel,
      text: final?.text ?? '',
      blocks: JSON.parse(JSON.stringify(final?.blocks)),
      thread_ts: bot.postings.rows.get(`${runId} root`)?.ts ?? '',
    });
    const typed = await server.slack.control.message({
      channel,
      user: people.bystander.id,
      text: final?.text ?? '',
    });
    for (const ts of [String(copied.ts), typed, bot.postings.rows.get(`${runId} root`)?.ts ?? ''])
      await react(ts, people.second.id, 'white_check_mark');
    await server.slack.control.interact({
      channel,
      messageTs: String(copied.ts),
      user: people.second.id,
      actionId: 'interlock-rule',
    });
    await react(finalTs, people.second.id, 'x');
    expect(await untilRuled(runId)).toMatchObject({ decision: 'rejected' });
    await bot.app.stop();
    expect(judged()).toHaveLength(1);
    expect(modals.count()).toBe(0);
  });

  it('that comes twice is one ruling', async () => {
    server.proxy.duplicateEvents();
    const { runId, finalTs } = await endedRun();
    await react(finalTs, people.second.id, 'white_check_mark');
    await untilRuled(runId);
    await bot.app.stop();
    expect(judged()).toHaveLength(1);
    expect(await rulingsOf(runId)).toHaveLength(1);
  });
});

describe('the button of the final message', () => {
  const open = (messageTs: string, user: string) =>
    modals.openedBy(() =>
      server.slack.control.interact({ channel, messageTs, user, actionId: 'interlock-rule' }),
    );
  const option = (value: string) => ({ text: { type: 'plain_text', text: value }, value });
  const filled = (decision: string, conditions: string | null) => ({
    decision: { decision: { type: 'static_select', selected_option: option(decision) } },
    text: { text: { type: 'plain_text_input', value: 'looked through' } },
    conditions: { conditions: { type: 'plain_text_input', value: conditions } },
    closes: { closes: { type: 'multi_static_select', selected_options: [option('F-1')] } },
    why: { why: { type: 'plain_text_input', value: 'it ran on a server' } },
    next: { next: { type: 'plain_text_input', value: 'o8c-postgres-proof' } },
  });

  it('opens a form that says what is open, and what is filled in becomes the ruling', async () => {
    const { runId, finalTs } = await endedRun();
    const form = JSON.stringify(await open(finalTs, people.second.id));
    for (const words of [runId, 'F-1: The production adapter', 'Accept with conditions', 'Next plan'])
      expect(form).toContain(words);
    const values = filled('accepted-with-conditions', 'first\n\nsecond');
    expect(await modals.fillIn(people.second.id, values)).toBeNull();
    expect(await untilRuled(runId)).toMatchObject({
      decision: 'accepted-with-conditions',
      text: 'looked through',
      conditions: ['first', 'second'],
      gaps: [{ id: 'F-1', status: 'closed', why: 'it ran on a server' }],
      nextPlan: 'o8c-postgres-proof',
      via: 'modal',
    });
  });

  it('is refused in the form to whoever may not rule, and where conditions are missing', async () => {
    const { runId, finalTs } = await endedRun();
    await open(finalTs, people.bystander.id);
    expect(await modals.fillIn(people.bystander.id, filled('accepted', null))).toEqual({
      text: expect.stringContaining('Kim Bystander may not rule on runs of o8b-retry'),
    });
    const values = filled('accepted-with-conditions', null);
    expect(await modals.fillIn(people.second.id, values)).toEqual({
      conditions: 'Accepted with conditions needs at least one condition.',
    });
    expect(await rulingsOf(runId)).toEqual([]);
  });

  it.each([
    ['message', { ts: '1.1' }],
    ['run', { run: 'another' }],
  ])('takes no form that speaks of another %s', async (_, other) => {
    const { runId, finalTs } = await endedRun();
    const view = await open(finalTs, people.second.id);
    const posting = bot.postings.rows.get(`${runId} final`);
    if (posting) bot.postings.rows.set(`${runId} final`, { ...posting, ...other });
    expect(JSON.parse(view.private_metadata)).toMatchObject({ run: runId, messageTs: finalTs });
    expect(await modals.fillIn(people.second.id, filled('accepted', null))).toEqual({
      text: expect.stringContaining('belongs to no finished run of mine'),
    });
    expect(await rulingsOf(runId)).toEqual([]);
  });
});

describe('/runs', () => {
  const type = async (user: string, text: string) => {
    const before = new Set((await server.messages()).map(({ ts }) => ts));
    await server.slack.control.command({ channel, user, command: '/runs', text });
    return server.awaitMessage(
      (each) => !before.has(each.ts) && each.ephemeral_to === user,
      `an answer to ${text}`,
    );
  };

  it('rules in words, shows the ruling with the run, and the gaps that it closed', async () => {
    const { runId } = await endedRun();
    const refused = await type(people.bystander.id, `rule ${runId} accept fine`);
    expect(refused.text).toContain('Kim Bystander may not rule on runs of o8b-retry');
    const ruled = await type(
      people.second.id,
      `rule ${runId} accept --close F-1=“ran on a server” --next o8c it holds`,
    );
    expect(ruled.text).toContain(`Run \`${runId}\` is *accepted*`);
    expect((await type(people.bystander.id, runId)).text).toContain('*accepted* by *Sam Second*');
    const gaps = (await type(people.bystander.id, 'gaps iu-cutter-v0.6')).text;
    expect(gaps).toContain('1 of 2 closed');
    expect(gaps).toContain('ruling of Sam Second (accepted): ran on a server');
    expect((await type(people.bystander.id, 'gaps loom')).text).toContain('There are `iu-cutter-v0.6`.');
  });
});
