import { TOTP, Secret as TotpSecret } from 'otpauth';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SecondFactor } from '../../src/approval/second-factor.ts';
import { createSecondFactor } from '../../src/control-plane/second-factors.ts';
import type { Secret } from '../../src/evidence/secret.ts';
import { approvalSchema } from '../../src/plan/schema-approval.ts';
import { newTotpSecret } from '../../src/totp/totp.ts';
import { type Bot, startBot } from '../fixtures/slack-bot.ts';
import { MemoryInbox } from '../fixtures/slack-memory.ts';
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
let modals: Modals;
let bot: Bot;

/** The clock of the control plane stands, so that a code does not grow old in the middle of a test. */
const noon = Date.parse('2026-05-21T12:00:10.000Z');
const secrets = new Map<string, Secret>([
  [approver.id, newTotpSecret()],
  [people.second.id, newTotpSecret()],
]);
const plan = examplePlan({
  approval: approvalSchema.parse({
    channels: [channel],
    requesters: [requester.id],
    groups: {
      SG_1: { members: [approver.id, requester.id], quorum: 1 },
      SG_2: { members: [people.second.id, people.bystander.id], quorum: 1 },
    },
    secondFactor: 'totp',
  }),
});

beforeAll(async () => {
  server = await startSlackWorkspace();
  modals = await openModals(server.slack.pageUrl);
});
afterAll(async () => {
  await modals.close();
  await server.close();
});
beforeEach(async () => {
  const secondFactor = createSecondFactor({ secrets, inbox: new MemoryInbox(), now: () => noon });
  bot = await startBot(server, { plan, secondFactor });
});
afterEach(() => bot.stop());

function codeOf(user: string, steps = 0): string {
  const secret = TotpSecret.fromBase32(secrets.get(user)?.reveal() ?? '');
  return TOTP.generate({ secret, timestamp: noon + steps * 30_000 });
}
/** A code that no step near this one has. */
function wrongCode(user: string): string {
  const near = new Set([-2, -1, 0, 1, 2].map((steps) => codeOf(user, steps)));
  return ['000000', '111111', '222222', '333333', '444444', '555555'].find((each) => !near.has(each)) ?? '';
}
const press = (messageTs: string, user: string, actionId = 'interlock-approve') =>
  server.slack.control.interact({ channel, messageTs, user, actionId });
const type = (user: string, code: string) => modals.submit(user, 'code', 'typed', code);
async function pressAndType(messageTs: string, user: string, code: string): Promise<string | null> {
  await modals.openedBy(() => press(messageTs, user));
  return type(user, code);
}
const approvalOf = async (runId: string) => {
  const { approval } = await bot.state(runId);
  if (!approval) throw new Error('expected a request for approval, got none');
  return approval;
};
const untilTold = (user: string, words: string) =>
  server.awaitMessage(
    (each) => each.ephemeral_to === user && each.text.includes(words),
    `an explanation “${words}”`,
  );

describe('a plan with a second factor', () => {
  it('counts consents that came with the right code, and says so where they are shown', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    expect(await pressAndType(approvalTs, approver.id, codeOf(approver.id))).toBeNull();
    await server.awaitMessage(
      (each) =>
        each.ts === approvalTs && /Alex Approver for SG_1 at [^"]*, with a second factor/.test(textOf(each)),
      'the vote with its second factor',
    );
    // An app whose clock is a step behind, and blanks as the app shows them.
    const late = codeOf(people.second.id, -1);
    expect(
      await pressAndType(approvalTs, people.second.id, `${late.slice(0, 3)} ${late.slice(3)}`),
    ).toBeNull();
    await until(async () => (await approvalOf(runId)).status === 'granted', 'the approval');
    expect((await approvalOf(runId)).approvals.map(({ factor }) => factor)).toEqual(['totp', 'totp']);
  });

  it('refuses a reaction alone, and tells its giver to press the button', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    await server.slack.control.reaction({
      channel,
      ts: approvalTs,
      user: approver.id,
      name: 'white_check_mark',
    });
    await untilTold(approver.id, 'press *Approve*');
    expect((await approvalOf(runId)).refused.map(({ code }) => code)).toEqual(['second-factor-missing']);
    await bot.app.sweep();
    expect((await approvalOf(runId)).approvals).toEqual([]);
    // The same person by the button counts, and a sweep takes nothing of it back.
    expect(await pressAndType(approvalTs, approver.id, codeOf(approver.id))).toBeNull();
    await bot.app.sweep();
    expect((await approvalOf(runId)).approvals).toMatchObject([{ approver, factor: 'totp' }]);
  });

  it('shows a wrong code in the form, and locks after five; the right one comes too late then', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    const wrong = wrongCode(approver.id);
    expect(await pressAndType(approvalTs, approver.id, 'abc123')).toContain('six digits');
    expect(await type(approver.id, wrong)).toContain('This code is wrong');
    for (let count = 2; count <= 5; count += 1) expect(await type(approver.id, wrong)).toContain('wrong');
    expect(await type(approver.id, codeOf(approver.id))).toContain('gave 5 wrong codes');
    const { wrongCodes, approvals } = await approvalOf(runId);
    expect(wrongCodes).toEqual({ [approver.id]: 5 });
    expect(approvals).toEqual([]);
    // Without a form, since none could help.
    await press(approvalTs, approver.id);
    await untilTold(approver.id, 'gave 5 wrong codes');
    expect(await pressAndType(approvalTs, people.second.id, codeOf(people.second.id))).toBeNull();
  });

  it('takes a code once: withdrawn, the consent needs the next one', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    expect(await pressAndType(approvalTs, approver.id, codeOf(approver.id))).toBeNull();
    await press(approvalTs, approver.id, 'interlock-withdraw');
    await until(async () => (await approvalOf(runId)).approvals.length === 0, 'the withdrawal');
    expect(await pressAndType(approvalTs, approver.id, codeOf(approver.id))).toContain('used before');
    expect(await type(approver.id, codeOf(approver.id, 1))).toBeNull();
    expect((await approvalOf(runId)).approvals).toHaveLength(1);
  });

  it('tells an approver without an authenticator where to get one, and spends nothing of who may not approve', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    expect(await pressAndType(approvalTs, people.bystander.id, '123456')).toContain('interlock totp enrol');
    await press(approvalTs, requester.id);
    await untilTold(requester.id, 'asked for this run and cannot approve it');
    expect((await approvalOf(runId)).refused.map(({ code }) => code)).toEqual([
      'second-factor-none',
      'requester',
    ]);
  });

  it('does not believe what comes back with the form', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    const view = await modals.openedBy(() => press(approvalTs, approver.id));
    const subject: unknown = JSON.parse(view.private_metadata);
    const root = bot.postings.rows.get(`${runId} root`)?.ts;
    for (const forged of [
      'no JSON',
      JSON.stringify({ ...(subject as object), digest: `sha256:${'0'.repeat(64)}` }),
      JSON.stringify({ ...(subject as object), run: 'o8b-retry-other1' }),
      JSON.stringify({ ...(subject as object), request: 2 }),
      JSON.stringify({ ...(subject as object), message: root }),
      JSON.stringify({ ...(subject as object), channel: 'C0RANDOM' }),
      JSON.stringify({ ...(subject as object), voter: people.second.id }),
    ]) {
      const forgery = { ...view, private_metadata: forged } as never;
      await bot.app.client.views.update({ view_id: view.id, view: forgery });
      expect(await type(approver.id, codeOf(approver.id)), forged).toMatch(
        /no approval of mine|no longer what/,
      );
    }
    expect((await approvalOf(runId)).approvals).toEqual([]);
    expect(await pressAndType(approvalTs, approver.id, codeOf(approver.id))).toBeNull();
  });

  it('does not count a form that was opened for what is void by now, and leaves its code for the new request', async () => {
    const { runId, approvalTs } = await bot.runToApproval();
    await modals.openedBy(() => press(approvalTs, approver.id));
    await bot.control.flip(
      { enabled: false, plan: null, level: 1, reason: 'wait' },
      { ...approver, channel },
    );
    await until(async () => (await approvalOf(runId)).status === 'voided', 'the void request');
    expect(await type(approver.id, codeOf(approver.id))).toMatch(/void; look at the newest/);
    await bot.switchboard.flip({ plan: null, enabled: true, level: 0, by: requester, reason: 'go on' });
    await bot.coordinator.advance(runId);
    const anew = await bot.approvalMessage(runId, 2);
    expect(await pressAndType(anew, approver.id, codeOf(approver.id))).toBeNull();
    expect((await approvalOf(runId)).approvals).toMatchObject([
      { approver, messageTs: anew, factor: 'totp' },
    ]);
  });

  it('closes a form in time when the control plane is slow, and tells what became of its code when it knows', async () => {
    await bot.stop();
    const judged = Promise.withResolvers<SecondFactor>();
    bot = await startBot(server, { plan, secondFactor: () => judged.promise });
    const { approvalTs } = await bot.runToApproval();
    expect(await pressAndType(approvalTs, approver.id, '123456')).toBeNull();
    judged.resolve('wrong');
    await untilTold(approver.id, 'was not counted. This code is wrong');
  });

  it('says in the form that a code was not judged, and counts nothing', async () => {
    await bot.stop();
    bot = await startBot(server, {
      plan,
      secondFactor: () => Promise.reject(new Error('the ledger is away')),
    });
    const { runId, approvalTs } = await bot.runToApproval();
    expect(await pressAndType(approvalTs, approver.id, '123456')).toContain('did not get through');
    expect((await approvalOf(runId)).approvals).toEqual([]);
  });

  it('says that the form did not open when Slack refuses it', async () => {
    const { approvalTs } = await bot.runToApproval();
    server.proxy.breakNext('views.open', { kind: 'refuse', error: 'expired_trigger_id' });
    await press(approvalTs, approver.id);
    await untilTold(approver.id, 'did not open the form');
  });

  it('judges a form once that comes twice, and answers both times the same', async () => {
    server.proxy.duplicateEvents();
    const { runId, approvalTs } = await bot.runToApproval();
    expect(await pressAndType(approvalTs, approver.id, wrongCode(approver.id))).toContain('wrong');
    expect(await type(approver.id, codeOf(approver.id))).toBeNull();
    // Stopping waits for every handler that has begun.
    await bot.app.stop();
    const { wrongCodes, approvals } = await approvalOf(runId);
    expect({ wrongCodes, approvals: approvals.length }).toEqual({
      wrongCodes: { [approver.id]: 1 },
      approvals: 1,
    });
  });
});
