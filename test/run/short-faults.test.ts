// Faults that pass: Redis is away, a connection is cut, a worker stands still. On a real Redis and a real OpenSSH. A run that
// meets them goes on by itself, and what it says is live is what is on the host.
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { stashOf } from '../../src/gate/change-host.ts';
import { lockSightAt, parseLockSight } from '../../src/host/commands/observe-lock.ts';
import { LocalHost } from '../../src/host/local-host.ts';
import { renderDocuments } from '../../src/report/documents.ts';
import { observationsOf } from '../../src/run/observation.ts';
import { gateState } from '../../src/run/state.ts';
import type { InterlockProcess } from '../fixtures/interlock-process.ts';
import { type LoopbackRun, openLoopbackRun, operator } from '../fixtures/loopback-run.ts';
import { type OpenSsh, startOpenSsh } from '../fixtures/openssh.ts';
import { type RedisFixture, startRedis } from '../fixtures/redis.ts';
import { until } from '../fixtures/slack-workspace.ts';
import { before, delivery, report, writeSmallPlan } from '../fixtures/small-plans.ts';
import { startWorkerProcess } from '../fixtures/worker-process.ts';

/** What the commands hold that are stopped on their way; docs of the host's commands are in src/host. */
const unpacking = 'tar --extract';
const exchanging = (runId: string) => `${live} ${live}.staged-${runId} ${dirname(live)} `;
const renaming = (runId: string) => `interlock ${live}.staged-${runId} ${live}.pre-`;
/** ms for which Redis is away when it is away shortly: shorter than a worker's hold on its job, longer than a look at the switch. */
const shortly = 2_500;
const gates = [...before, delivery().stage, delivery().promote, report];

let redis: RedisFixture;
let ssh: OpenSsh;
let opened: LoopbackRun;
let live: string;
let other: InterlockProcess | undefined;
let turn = 0;

beforeAll(async () => {
  [redis, ssh] = await Promise.all([startRedis(), startOpenSsh({ forceCommand: true })]);
  opened = await openLoopbackRun({ redisUrl: redis.url, ssh, database: 'none' });
  live = opened.world.host.live;
}, 60_000);
afterEach(() => ssh.resume());
afterAll(async () => {
  await other?.crash();
  await opened?.close();
  await ssh?.close();
  await redis?.close();
});

const version = () => readFile(join(live, 'VERSION'), 'utf8').catch(() => 'as before');
const fence = () => readFile(stashOf(live).fence, 'utf8').catch(() => '');
const ended = (runId: string) => opened.until(runId, ({ finished }) => finished !== null);

async function begin(): Promise<{ runId: string; brings: string }> {
  turn += 1;
  const brings = `V${turn}`;
  await writeSmallPlan(opened, 'short-app', { content: brings, gates });
  return { runId: await opened.deploy({ plan: 'short-app' }), brings };
}

async function asked(runId: string): Promise<void> {
  const run = await opened.until(runId, ({ approval, finished }) => approval !== null || finished !== null);
  if (run.finished) throw new RangeError(`expected a run that asks, got ${JSON.stringify(run.finished)}`);
}

async function toApproval() {
  const begun = await begin();
  await asked(begun.runId);
  return begun;
}

/** Redis dies while a command waits on the host, which runs then; it comes back after so many ms. */
async function awayFor(ms: number): Promise<void> {
  await redis.stop();
  await ssh.resume();
  await delay(ms);
  await redis.restart();
}

describe('a run', { timeout: 90_000 }, () => {
  it('whose connection is cut in stage, and whose Redis is away in stage and in promote, passes', async () => {
    await ssh.pauseOn(unpacking);
    const { runId, brings } = await begin();
    await ssh.paused();
    ssh.dropConnections();
    await opened.until(runId, (run) => gateState(run, 'stage').attempt === 2);
    await ssh.resume();
    await ssh.pauseOn(unpacking);
    await ssh.paused();
    await awayFor(shortly);
    await asked(runId);

    await ssh.pauseOn(exchanging(runId));
    await opened.approve(runId);
    await ssh.paused();
    await awayFor(shortly);
    const run = await ended(runId);
    expect(run.finished).toMatchObject({ verdict: 'PASS' });
    expect(gateState(run, 'stage')).toMatchObject({
      attempt: 2,
      earlier: [{ attempt: 1, reason: { code: 'connection-lost' } }],
    });
    expect(gateState(run, 'promote')).toMatchObject({ attempt: 1, status: 'pass' });
    expect(observationsOf(run).map((each) => each.live)).toEqual(['candidate']);
    expect(await version()).toBe(brings);
    const documents = renderDocuments(run).map(({ markdown }) => markdown);
    expect(documents.filter((text) => text.includes('Attempts that were cut off before'))).toHaveLength(1);
  });

  it('whose Redis is away between exchange and rename passes', async () => {
    const { runId, brings } = await toApproval();
    await ssh.pauseOn(renaming(runId));
    await opened.approve(runId);
    await ssh.paused();
    await awayFor(shortly);
    expect((await ended(runId)).finished).toMatchObject({ verdict: 'PASS' });
    expect(await version()).toBe(brings);
  });

  it('whose Redis is away for longer than a job is held, and comes back without its data, passes', async () => {
    const { runId, brings } = await toApproval();
    await ssh.pauseOn(renaming(runId));
    await opened.approve(runId);
    await ssh.paused();
    await redis.stop();
    // The worker has lost its job by then, and ends the connection that the lock hangs on.
    await until(async () => (ssh.connections().length === 0 ? true : null), 'the end of the worker’s hold');
    await ssh.resume();
    await redis.restart({ empty: true });
    const run = await ended(runId);
    expect(run.finished).toMatchObject({ verdict: 'PASS' });
    expect(observationsOf(run).map((each) => each.live)).toEqual(['candidate']);
    expect(await version()).toBe(brings);
  });
});

describe('a worker that stands still in promote', { timeout: 120_000 }, () => {
  /** Approves; the worker in a process of its own takes the promote, and is frozen when this command waits on the host. */
  async function frozenAt(runId: string, command: string): Promise<InterlockProcess> {
    await opened.stopWorker();
    other = await startWorkerProcess(opened, { redisUrl: redis.url, ssh });
    await ssh.pauseOn(command);
    await opened.approve(runId);
    await ssh.paused();
    other.freeze();
    await opened.replaceWorker();
    return other;
  }

  /** What it says at the end of the promote of this run, once it goes on. */
  async function thawed(worker: InterlockProcess, runId: string): Promise<string> {
    worker.thaw();
    const isEnd = (line: string) => [runId, 'promote', 'gate ended'].every((part) => line.includes(part));
    const said = await until(async () => worker.lines.find(isEnd), 'the end of what stood still');
    await worker.crash();
    return said;
  }

  async function heldBy(): Promise<string | undefined> {
    const host = new LocalHost({ name: 'here' });
    const { lock, fence: path } = stashOf(live);
    const { holder, processes } = parseLockSight(await host.run(lockSightAt(lock, path)));
    await host.close();
    return processes.length > 0 ? holder?.run : undefined;
  }

  async function unlock(runId: string): Promise<void> {
    const by = { ...operator, channel: null, via: 'operator' } as const;
    expect(await opened.control.unlock(runId, by, 'its worker stands still')).toMatchObject({ ok: true });
  }

  it('is got past by the next attempt of its run, and what it does when it wakes up has no effect', async () => {
    const { runId, brings } = await toApproval();
    const frozen = await frozenAt(runId, exchanging(runId));
    const raised = await fence();
    await until(
      async () => ((await fence()) === raised ? null : true),
      'the fence of the next attempt',
      30_000,
    );
    // Both exchanges act now: the one that waited, and that of the attempt after it.
    await ssh.resume();
    expect((await ended(runId)).finished).toMatchObject({ verdict: 'PASS' });
    expect(await version()).toBe(brings);
    expect(await thawed(frozen, runId)).not.toContain('"status":"pass"');
    expect(await version()).toBe(brings);
  });

  it('keeps off neither the end of its run by /runs unlock nor the rollback of it', async () => {
    const was = await version();
    const { runId, brings } = await toApproval();
    const frozen = await frozenAt(runId, renaming(runId));
    expect(await version()).toBe(brings);
    await unlock(runId);
    const run = await ended(runId);
    expect(observationsOf(run).map((each) => each.live)).toEqual(['candidate']);
    expect(run.finished).toMatchObject({ verdict: 'INCONCLUSIVE' });
    expect(await heldBy()).toBe(runId);
    const back = await opened.request('rollback', runId);
    await asked(back);
    await opened.approve(back);
    await until(
      async () => ((await fence()).startsWith(`${back}/rollback`) ? true : null),
      'its fence',
      30_000,
    );
    await ssh.resume();
    expect((await ended(back)).finished).toMatchObject({ verdict: 'PASS' });
    expect(await version()).toBe(was);
    expect(await thawed(frozen, runId)).not.toContain('"status":"pass"');
    expect(await version()).toBe(was);
  });

  it('does not keep off the next run, once the lock was taken from its own', async () => {
    const was = await version();
    const first = await toApproval();
    const frozen = await frozenAt(first.runId, exchanging(first.runId));
    await unlock(first.runId);
    const run = await ended(first.runId);
    expect(observationsOf(run).map((each) => each.live)).toEqual(['anchor']);
    expect(await version()).toBe(was);
    expect(await heldBy()).toBe(first.runId);
    const next = await toApproval();
    await ssh.resume();
    await opened.approve(next.runId);
    expect((await ended(next.runId)).finished).toMatchObject({ verdict: 'PASS' });
    expect(await thawed(frozen, first.runId)).not.toContain('"status":"pass"');
    expect(await version()).toBe(next.brings);
  });
});
