// Short faults and foul play around promote and rollback, on a real Redis and a real OpenSSH: what thread, report and bundle say
// is live is what is on the host, and what was cut off goes on by itself.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { describeDeployment } from '../../src/attestation/describe-deployment.ts';
import { packPayload } from '../../src/queue/payload.ts';
import { observationsOf } from '../../src/run/observation.ts';
import { standingsOf } from '../../src/run/standing.ts';
import { gateState, type RunState } from '../../src/run/state.ts';
import { whatIsLive } from '../../src/slack/view/what-is-live.ts';
import { type FaultyWorld, openFaultyWorld, smallGates } from '../fixtures/faulty-world.ts';
import { requester } from '../fixtures/loopback-run.ts';
import { until } from '../fixtures/slack-workspace.ts';
import { before, delivery, report, writeSmallPlan } from '../fixtures/small-plans.ts';

/** What the commands hold that are stopped on their way; docs of the host's commands are in src/host. */
const exchanging = 'renameat2';
const renaming = 'mv -T "$1" "$2"\nsync "$3"';
const nothing = { documents: [], ledgerHead: `sha256:${'0'.repeat(64)}`, statements: [] };
const someone = { ...requester, channel: 'C0DEPLOYS' };

let world: FaultyWorld;
let attacker: Redis;
let queue: Queue;
let live: string;

beforeAll(async () => {
  world = await openFaultyWorld('look-app');
  attacker = new Redis(world.redis.url);
  queue = new Queue('interlock-ssot', { connection: { url: world.redis.url } });
  live = world.opened.world.host.live;
});
afterEach(() => world.ssh.resume());
afterAll(async () => {
  await queue?.close();
  attacker?.disconnect();
  await world?.close();
});

function expectSaid(run: RunState, said: 'candidate' | 'anchor'): void {
  expect(observationsOf(run).map((each) => each.live)).toEqual([said]);
  const { seen, delivered } = describeDeployment(run, nothing);
  expect(seen?.paths.map((each) => each.live)).toEqual([said]);
  expect(delivered).toHaveLength(said === 'candidate' ? 1 : 0);
  const thread = whatIsLive(run).join('\n');
  if (said === 'candidate') expect(thread).toContain('is the approved candidate');
  else expect(thread).toMatch(/Nothing went live|was rolled back/);
}

describe('a promote', () => {
  it('whose job Redis forgets between exchange and rename is finished, not begun anew as another', async () => {
    const { runId, brings } = await world.toApproval();
    await world.ssh.pauseOn(renaming);
    await world.opened.approve(runId);
    await world.ssh.paused();
    await attacker.flushall();
    // The sweep puts the same permission on the queue again.
    await until(() => queue.getJob(`${runId}-promote-1`), 'the job again');
    await world.ssh.resume();
    const run = await world.ended(runId);
    expect(await world.version()).toBe(brings);
    expect(run.finished).toMatchObject({ verdict: 'PASS' });
    expectSaid(run, 'candidate');
  });

  it('whose exchange stalls and whose connection is cut does nothing late, once the run has looked', async () => {
    const was = await world.version();
    const { runId } = await world.toApproval();
    await world.ssh.pauseOn(exchanging);
    await world.opened.approve(runId);
    await world.ssh.paused();
    world.ssh.dropConnections();
    await world.opened.control.abort(runId, someone, 'the host stalls');
    const run = await world.ended(runId);
    expectSaid(run, 'anchor');
    const sent = world.ssh.log.length;
    await world.ssh.resume();
    // The command that waited runs now, and finds another token at the fence.
    await until(async () => (world.ssh.connections().length === 0 ? true : null), 'the end of what waited');
    expect(world.ssh.log.length).toBeGreaterThanOrEqual(sent);
    expect(await world.version()).toBe(was);
    expect(
      await world.opened.control.request({
        operation: 'rollback',
        subject: runId,
        dryRun: false,
        requester,
        channel: 'C0DEPLOYS',
      }),
    ).toMatchObject({
      ok: false,
      refusal: {
        code: 'nothing-promoted',
        text: expect.stringContaining('held the tree from before, seen at'),
      },
    });
  });

  it('whose connection is cut is tried again, and each attempt is in the ledger', async () => {
    const { runId, brings } = await world.toApproval();
    await world.ssh.pauseOn(exchanging);
    await world.opened.approve(runId);
    await world.ssh.paused();
    world.ssh.dropConnections();
    await world.opened.until(runId, ({ looks }) => looks.some(({ status }) => status === 'pass'));
    await world.ssh.resume();
    const run = await world.ended(runId);
    expect(run.finished).toMatchObject({ verdict: 'PASS' });
    expect(await world.version()).toBe(brings);
    expect(gateState(run, 'promote')).toMatchObject({
      attempt: 2,
      earlier: [{ attempt: 1, reason: { code: 'connection-lost' } }],
    });
    expectSaid(run, 'candidate');
  });

  it('whose refusal was swapped in by whoever can write to Redis is said to be what it is', async () => {
    const was = await world.version();
    const { runId } = await world.toApproval();
    await queue.pause();
    await world.opened.approve(runId);
    const id = `${runId}-promote-1`;
    const drift = await until(() => queue.getJob(`${runId}-drift-1`), 'the look before');
    await queue.resume();
    await until(async () => ((await drift.getState()) === 'completed' ? true : null), 'the look');
    await queue.pause();
    const job = await until(() => queue.getJob(id), 'the promote');
    const genuine = JSON.parse(job.data.json);
    await job.remove();
    await queue.add('gate', packPayload({ ...genuine, authorization: '{}' }), { jobId: id });
    await queue.add('gate', packPayload(genuine), { jobId: `${runId}-other-1` });
    await queue.resume();
    const run = await world.ended(runId);
    expect((await queue.getJob(id))?.returnvalue ?? null).toBeNull();
    // Whichever was first, the look or the genuine job: what is said is what is there, and nothing goes live afterwards.
    await until(async () => ((await queue.getJob(`${runId}-other-1`))?.finishedOn ? true : null), 'its end');
    expect(run.finished).toMatchObject({ verdict: 'INCONCLUSIVE' });
    expectSaid(run, (await world.version()) === was ? 'anchor' : 'candidate');
  });

  it('that somebody holds back until the run has ended is refused on the host', async () => {
    const was = await world.version();
    const { runId } = await world.toApproval();
    await queue.pause();
    await world.opened.approve(runId);
    const drift = await until(() => queue.getJob(`${runId}-drift-1`), 'the look before');
    await queue.resume();
    await until(async () => ((await drift.getState()) === 'completed' ? true : null), 'the look');
    await queue.pause();
    const job = await until(() => queue.getJob(`${runId}-promote-1`), 'the promote');
    const genuine = JSON.parse(job.data.json);
    await job.remove();
    await queue.add('gate', packPayload({ ...genuine, authorization: '{}' }), {
      jobId: `${runId}-promote-1`,
    });
    await queue.resume();
    expectSaid(await world.ended(runId), 'anchor');
    await queue.add('gate', packPayload(genuine), { jobId: `${runId}-late-1` });
    await until(async () => ((await queue.getJob(`${runId}-late-1`))?.finishedOn ? true : null), 'its end');
    expect(await world.version()).toBe(was);
  });
});

describe('a report', () => {
  it('whose job somebody holds back until the run has ended otherwise is not signed then', async () => {
    await writeSmallPlan(world.opened, 'look-app', { content: 'dry', gates: smallGates });
    const control = new Queue('interlock-control', { connection: { url: world.redis.url } });
    try {
      await control.pause();
      const runId = await world.opened.deploy({ plan: 'look-app', dryRun: true });
      const job = await until(() => control.getJob(`${runId}-report-1`), 'the report', 30_000);
      const genuine = JSON.parse(job.data.json);
      await job.remove();
      await control.add('gate', packPayload({ ...genuine, authorization: '{}' }), {
        jobId: `${runId}-report-1`,
      });
      await control.resume();
      expect((await world.ended(runId)).finished).toMatchObject({ verdict: 'INCONCLUSIVE' });
      await control.add('gate', packPayload(genuine), { jobId: `${runId}-late-1` });
      const late = await until(async () => {
        const found = await control.getJob(`${runId}-late-1`);
        return found?.finishedOn ? found : null;
      }, 'its end');
      expect(JSON.stringify(late.returnvalue)).toContain('json');
      expect(existsSync(join(world.opened.directory, 'runs', runId, 'evidence.intoto.jsonl'))).toBe(false);
    } finally {
      await control.close();
    }
  });
});

describe('a gate that only reads', () => {
  it('whose connection is cut is tried again', async () => {
    await world.ssh.pauseOn('uname');
    const begun = world.toApproval();
    await world.ssh.paused();
    world.ssh.dropConnections();
    await world.ssh.resume();
    const { runId } = await begun;
    const run = await world.opened.coordinator.state(runId);
    if (!run) throw new RangeError('expected a run');
    expect(gateState(run, 'precheck')).toMatchObject({
      status: 'pass',
      attempt: 2,
      earlier: [{ attempt: 1, reason: { code: 'connection-lost' } }],
    });
    await world.opened.approve(runId, 'reject');
    await world.ended(runId);
  });
});

describe('an automatic rollback', () => {
  it('whose connection is cut goes on, and FAILED stands over the tree from before', async () => {
    const was = await world.version();
    const gates = [...before, delivery().stage, delivery().promote, delivery().prove, report];
    const { runId } = await world.toApproval({ gates, failsIn: live });
    await world.opened.approve(runId);
    await world.opened.until(runId, ({ gates: all }) =>
      all.some(({ gate, status }) => gate.kind === 'prove' && status === 'queued'),
    );
    await world.ssh.pauseOn(exchanging);
    await world.ssh.paused();
    world.ssh.dropConnections();
    await world.opened.until(runId, ({ looks }) => looks.some(({ status }) => status === 'pass'));
    await world.ssh.resume();
    const run = await world.ended(runId);
    expect(await world.version()).toBe(was);
    expect(run.finished).toMatchObject({ verdict: 'FAILED' });
    expect(gateState(run, 'rollback')).toMatchObject({ status: 'pass', attempt: 2 });
    expect(standingsOf(run)).toMatchObject([{ live: 'restored' }]);
    expectSaid(run, 'anchor');
  });
});
