// What people may ask of the control plane, and what of it is written down: the real control, switchboard and coordinator over a
// ledger in memory.
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { planDigest } from '../../src/plan/digest.ts';
import type { Plan } from '../../src/plan/schema.ts';
import type { Asker, FlipWish, RunRequest } from '../../src/run/control.ts';
import type { ControlParts } from '../../src/run/create-control.ts';
import type { RulingWish } from '../../src/run/judge-ruling.ts';
import type { RunState } from '../../src/run/state.ts';
import { createTestControlPlane, type TestControlPlaneOptions } from '../fixtures/slack-control-plane.ts';
import { MemoryLog } from '../fixtures/slack-memory.ts';
import { approver, channel, examplePlan, requester } from '../fixtures/slack-runs.ts';

const secret = 'hunter2';
const redact = (text: string) => text.replaceAll(secret, '[redacted]');
const reason = { given: `because of ${secret}`, kept: 'because of [redacted]' };
const operator: Asker = { id: 'root', name: 'root', channel: null, via: 'operator' };
const dana: Asker = { ...requester, channel };
const stranger: Asker = { id: 'U0NOBODY', name: 'Nobody', channel };

async function open(approval: object = {}, more: Partial<TestControlPlaneOptions> = {}) {
  const example = examplePlan();
  const plan = { ...example, approval: { ...example.approval, ...approval } } as Plan;
  const asked: string[] = [];
  const plane = await createTestControlPlane({
    plan,
    log: new MemoryLog(),
    workspace: {
      identify: async (id) => ({
        ...{ id, name: id, isBot: false, isDeleted: false, isGuest: false, isStranger: false },
      }),
      placeOf: async (place) => ({ channel: place, isShared: false }),
    },
    ...more,
    control: {
      redact,
      onUnlocked: async ({ runId, lockBroken }: RunState) => {
        await setImmediate();
        asked.push(`forbid ${runId} ${lockBroken?.reason}`);
      },
      secondFactor: async (user: string, code: string) => {
        asked.push(`code ${user} ${code}`);
        return 'valid';
      },
      ...more.control,
    } satisfies Partial<ControlParts>,
  });
  const request = (wish: Partial<RunRequest> = {}) =>
    plane.control.request({
      ...{ operation: 'deploy', subject: plan.name, dryRun: false, requester, channel },
      ...wish,
    });
  const begin = async (wish: Partial<RunRequest> = {}) => {
    const answer = await request(wish);
    if (!answer.ok) throw new Error(answer.refusal.text);
    return answer.value.runId;
  };
  return { ...plane, plan, asked, request, begin };
}

const refusal = (code: string) => ({ ok: false, refusal: { code } });
const endings = [
  ['abort', 'aborted'],
  ['unlock', 'lockBroken'],
] as const;

describe('whoever ends a run', () => {
  it.each(endings)('by %s is on record, once, without credentials', async (act, kept) => {
    const { control, begin, state } = await open();
    const runId = await begin();
    expect(await control[act](runId, operator, reason.given)).toMatchObject({ ok: true });
    expect(await control[act](runId, operator, 'again')).toMatchObject({ ok: true });
    expect((await state(runId))[kept]).toMatchObject({ reason: reason.kept, by: { id: 'root' } });
  });

  it.each(endings)('by %s has to be permitted to, and there has to be one', async (act, kept) => {
    const { control, begin, state } = await open();
    const runId = await begin();
    expect(await control[act](runId, stranger, 'mine')).toMatchObject({ ok: false });
    expect((await state(runId))[kept]).toBeNull();
    expect(await control[act]('r-none', operator, 'mine')).toMatchObject(refusal('unknown-run'));
  });

  it('ends it at once, without waiting for a sweep', async () => {
    const shown = Promise.withResolvers<void>();
    const project = async ({ aborted }: RunState) => {
      if (aborted) shown.resolve();
    };
    const { control, coordinator, begin } = await open({}, { project });
    const runId = await begin();
    await coordinator.advance(runId);
    await control.abort(runId, operator, 'no');
    await shown.promise;
  });

  it('by taking its lock is answered once workers can know', async () => {
    const { control, begin, asked } = await open();
    const runId = await begin();
    await control.abort(runId, operator, 'no');
    expect(asked).toEqual([]);
    await control.unlock(runId, operator, reason.given);
    expect(asked).toEqual([`forbid ${runId} ${reason.kept}`]);
  });

  it('frees the target for the next one alone that comes', async () => {
    const { control, begin, request } = await open();
    const runId = await begin();
    expect(await control.locks()).toMatchObject([{ runId, owner: requester }]);
    expect(await request()).toMatchObject(refusal('target-busy'));
    await control.unlock(runId, operator, 'no');
    expect(await control.locks()).toEqual([]);
    const both = await Promise.all([request(), request()]);
    expect(both).toMatchObject([{ ok: true }, refusal('target-busy')]);
  });
});

describe('a run that is asked for', () => {
  it('is begun at once, and names the one before it', async () => {
    const shown = Promise.withResolvers<void>();
    const { control, begin, state, plan } = await open({}, { project: async () => shown.resolve() });
    const runId = await begin();
    await shown.promise;
    expect((await state(runId)).gates[0]?.status).toBe('queued');
    expect((await state(runId)).previous).toBeNull();
    expect((await state(runId)).planDigest).toBe(planDigest(plan));
    await control.unlock(runId, operator, 'no');
    expect((await state(await begin())).previous).toMatchObject({ run: runId });
  });

  it('is not held up by one before it that came to nothing', async () => {
    let asked = 0;
    const survey = async () => {
      asked += 1;
      if (asked === 1) throw new Error('no answer');
      const knowledgeBase = { readable: true, writable: true, detail: '/srv/kb' };
      return { machine: 'control', knowledgeBase };
    };
    const { request } = await open({}, { control: { survey } });
    await expect(request()).rejects.toThrow('no answer');
    expect(await request()).toMatchObject({ ok: true });
  });

  it('has to be permitted, and leaves nothing behind where it is not', async () => {
    const { control, request } = await open();
    expect(await request({ requester: { id: 'U0NOBODY', name: 'Nobody' } })).toMatchObject({ ok: false });
    expect(await request({ channel: 'C0OTHER' })).toMatchObject({ ok: false });
    expect(await control.recent(10)).toEqual([]);
  });

  it('takes no credential of its plan into the ledger', async () => {
    const { title } = examplePlan();
    const { request, control } = await open({}, { control: { redact: (text) => text.replace(title, '') } });
    expect(await request()).toMatchObject(refusal('plan-holds-secret'));
    expect(await control.recent(10)).toEqual([]);
  });

  it('goes on in a freeze for those alone who may say so, whose words are kept without credentials', async () => {
    const freeze = {
      ...{ title: 'year’s end', timeZone: 'Etc/UTC', from: '2020-01-01T00:00', to: '2120-01-01T00:00' },
    };
    const permissions = { ...examplePlan().approval.permissions, overrideFreeze: [requester.id] };
    const { begin, state, request, control } = await open({ freezes: [freeze], permissions });
    const dry = await begin({ dryRun: true, overrideFreeze: reason.given });
    expect((await state(dry)).freezeOverrides).toEqual([]);
    await control.unlock(dry, operator, 'done');
    const runId = await begin({ overrideFreeze: reason.given });
    expect((await state(runId)).freezeOverrides).toMatchObject([
      { by: requester, reason: reason.kept, freezes: [{ title: freeze.title }] },
    ]);
    await control.unlock(runId, operator, 'done');
    const held = await begin({ dryRun: true });
    expect(await control.overrideFreeze(held, dana, reason.given)).toMatchObject({ ok: true });
    expect((await state(held)).freezeOverrides).toMatchObject([{ reason: reason.kept }]);
    const other = await open({ freezes: [freeze] });
    expect(await other.request({ overrideFreeze: reason.given })).toMatchObject({ ok: false });
    expect(await request()).toMatchObject({ ok: false });
  });

  it('is never the stream of the control plane itself', async () => {
    const { control, begin } = await open();
    const runId = await begin();
    await control.flip({ plan: null, enabled: false, level: 0, reason: 'r' }, dana);
    expect((await control.recent(10)).map((run) => run.runId)).toEqual([runId]);
    expect((await control.recent(1)).map((run) => run.runId)).toEqual([runId]);
    expect(await control.run('control')).toBeNull();
    expect(await control.recent(0)).toEqual([]);
  });
});

describe('the switch', () => {
  const off: FlipWish = { plan: null, enabled: false, level: 2, reason: reason.given };

  it('is turned by those who may, once each, without credentials', async () => {
    const { control } = await open();
    expect(await control.flip(off, stranger)).toMatchObject({ ok: false });
    expect(await control.flip({ ...off, enabled: true }, dana)).toMatchObject({ ok: false });
    expect(control.switchView(null)).toMatchObject({ enabled: true });
    expect(await control.flip(off, dana)).toMatchObject({
      ok: true,
      value: { reason: reason.kept, by: requester, level: 2, seq: 1 },
    });
    expect(control.switchView(null)).toMatchObject({ enabled: false, level: 2 });
    const on = await control.flip({ ...off, enabled: true }, operator);
    expect(on).toMatchObject({ ok: true, value: { level: 0, seq: 2 } });
    expect(control.switchView(null).enabled).toBe(true);
  });

  it('is nobody’s to turn on where the configuration says no, and anybody’s to turn off', async () => {
    const { control } = await open({}, { configured: 'disabled' });
    expect(await control.flip({ ...off, enabled: true }, operator)).toMatchObject(
      refusal('disabled-in-configuration'),
    );
    expect(await control.flip(off, dana)).toMatchObject({ ok: true });
  });

  it('is of plans that there are', async () => {
    const { control } = await open();
    expect(await control.flip({ ...off, plan: 'none' }, operator)).toMatchObject(refusal('plan-not-found'));
  });

  it('at level 2 ends open runs, without waiting for anything else', async () => {
    const shown = Promise.withResolvers<void>();
    const project = async ({ aborted }: RunState) => void (aborted && shown.resolve());
    const { control, coordinator, begin, state } = await open({}, { project });
    const runId = await begin();
    await coordinator.advance(runId);
    await control.flip(off, dana);
    await shown.promise;
    expect((await state(runId)).aborted?.reason).toContain(reason.kept);
  });

  it.each([
    [2, { ok: true }],
    [3, refusal('disabled')],
  ] as const)('of another plan or at level %d lets runs start: %j', async (level, expected) => {
    const { control, request, plan, switchboard } = await open();
    await switchboard.flip({ ...off, plan: 'another', level: 3, by: requester });
    await control.flip({ ...off, plan: plan.name, level }, dana);
    expect(await request()).toMatchObject(expected);
    expect(control.switchView(null).enabled).toBe(true);
  });
});

describe('a code that is typed with a vote', () => {
  const voted = {
    vote: 'approve',
    via: 'button',
    channel,
    messageTs: '1',
    request: 1,
    code: '123456',
  } as const;
  const votedAt = new Date().toISOString();

  it.each<[string, string, string, object, boolean]>([
    ['of an approver', 'totp', approver.id, {}, true],
    ['of somebody else', 'totp', stranger.id, {}, false],
    ['where none is asked for', 'none', approver.id, {}, false],
    ['for a request of before', 'totp', approver.id, { request: 2 }, false],
  ])('%s is used up only if it can count', async (_, secondFactor, voterId, more, isUsed) => {
    const { control, begin, passToApproval, asked } = await open({ secondFactor });
    const runId = await begin();
    await passToApproval(runId);
    await control.vote({ runId, voterId, votedAt, ...voted, ...more });
    expect(asked).toEqual(isUsed ? [`code ${voterId} 123456`] : []);
    await control.vote({ runId, voterId, votedAt, ...voted, ...more });
    expect(asked).toHaveLength(isUsed ? 1 : 0);
  });
});

describe('a run that has ended', () => {
  const ruling: RulingWish = {
    ...{ decision: 'accepted', text: reason.given, conditions: [], gaps: [], nextPlan: null, via: 'command' },
  };
  async function ended(approval = {}) {
    const plane = await open(approval);
    const runId = await plane.begin();
    await plane.finish(runId, 'precheck', { status: 'fail', reason: { code: 'no', text: 'no' } });
    await plane.finish(runId, 'report');
    expect((await plane.control.run(runId))?.finished).not.toBeNull();
    return { ...plane, runId };
  }

  it('is ruled on by those who may, as is seen at once, without credentials', async () => {
    const permissions = { ...examplePlan().approval.permissions, rule: [approver.id] };
    const { control, runId } = await ended({ permissions });
    expect(await control.rule(runId, dana, ruling)).toMatchObject({ ok: false });
    expect((await control.run(runId))?.rulings).toEqual([]);
    await control.rule(runId, { ...approver, channel }, ruling);
    await control.rule(runId, { ...approver, channel }, ruling);
    expect((await control.run(runId))?.rulings).toMatchObject([{ text: reason.kept, decision: 'accepted' }]);
    const unknown = { ...ruling, text: 'b', gaps: [{ id: 'F-9', status: 'closed', why: 'w' }] } as const;
    expect(await control.rule(runId, { ...approver, channel }, unknown)).toMatchObject(
      refusal('unknown-gap'),
    );
    const known = { ...unknown, gaps: [{ ...unknown.gaps[0], id: 'F-1' }] };
    expect(await control.rule(runId, { ...approver, channel }, known)).toMatchObject({ ok: true });
  });

  it('is published again for those who may', async () => {
    const { control, runId } = await ended();
    expect(await control.publish(runId, stranger)).toMatchObject({ ok: false });
    expect(await control.publish(runId, dana)).toMatchObject({ ok: true, value: { published: true } });
    expect(await control.publish('r-none', dana)).toMatchObject(refusal('unknown-run'));
  });
});
