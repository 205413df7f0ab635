// Faults that pass: Redis is away, a connection is cut, a worker stands still. On a real Redis and a real OpenSSH. A run that
// meets them goes on by itself, and what it says is live is what is on the host.
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { stashOf } from '../../src/gate/change-host.ts';
import { lockSightAt, parseLockSight } from '../../src/host/commands/observe-lock.ts';
import { LocalHost } from '../../src/host/local-host.ts';
import { renderDocuments } from '../../src/report/documents.ts';
import { observationsOf } from '../../src/run/observation.ts';
import { gateState } from '../../src/run/state.ts';
import { type FaultyWorld, openFaultyWorld } from '../fixtures/faulty-world.ts';
import type { InterlockProcess } from '../fixtures/interlock-process.ts';
import { operator } from '../fixtures/loopback-run.ts';
import { until } from '../fixtures/slack-workspace.ts';
import { before, delivery, report } from '../fixtures/small-plans.ts';
import { startWorkerProcess } from '../fixtures/worker-process.ts';

/** What the commands hold that are stopped on their way; docs of the host's commands are in src/host. */
const unpacking = 'tar --extract';
const exchanging = (runId: string) => `${live} ${live}.staged-${runId} ${dirname(live)} `;
const renaming = (runId: string) => `interlock ${live}.staged-${runId} ${live}.pre-`;
/** ms for which Redis is away when it is away shortly: shorter than a worker's hold on its job, longer than a look at the switch. */
const shortly = 2_500;

let world: FaultyWorld;
let live: string;
let other: InterlockProcess | undefined;

beforeAll(async () => {
  world = await openFaultyWorld('short-app');
  live = world.opened.world.host.live;
});
afterEach(() => world.ssh.resume());
afterAll(async () => {
  await other?.crash();
  await world?.close();
});

const fence = () => readFile(stashOf(live).fence, 'utf8').catch(() => '');

/** A reading that the run is to change. */
const versionProbe = (expected: object) => ({
  ...{ id: 'version', title: 'the version that is live', kind: 'command', host: 'contabo' },
  argv: ['sh', '-c', `cat ${live}/VERSION 2>/dev/null || echo none`],
  expect: expected,
});

/** Resolves when a command waits on the host. Rejects when the run ends before that. */
async function pausedIn(runId: string): Promise<void> {
  const tooLate = world.ended(runId).then(({ finished }) => {
    throw new RangeError(
      `expected a command that waits, got the end of the run: ${JSON.stringify(finished)}`,
    );
  });
  tooLate.catch(() => undefined);
  await Promise.race([world.ssh.paused(), tooLate]);
}

/** Redis dies while a command waits on the host, which runs then; it comes back after so many ms. */
async function awayFor(ms: number): Promise<void> {
  await world.redis.stop();
  await world.ssh.resume();
  await delay(ms);
  await world.redis.restart();
}

describe('a run', () => {
  it('whose connection is cut in stage, and whose Redis is away in stage and in promote, passes', async () => {
    await world.ssh.pauseOn(unpacking);
    const { stage, promote, prove } = delivery();
    const { runId, brings } = await world.begin({
      gates: [...before, stage, promote, prove, report],
      probes: [versionProbe({ before: { matches: '"stdout":"none"' }, after: { matches: '"stdout":"V1"' } })],
    });
    await pausedIn(runId);
    world.ssh.dropConnections();
    await world.opened.until(runId, (run) => gateState(run, 'stage').attempt === 2);
    await world.ssh.resume();
    await world.ssh.pauseOn(unpacking);
    await pausedIn(runId);
    await awayFor(shortly);
    await world.asked(runId);

    await world.ssh.pauseOn(exchanging(runId));
    await world.opened.approve(runId);
    await pausedIn(runId);
    await awayFor(shortly);
    const run = await world.ended(runId);
    expect(run.finished).toMatchObject({ verdict: 'PASS' });
    expect(gateState(run, 'stage')).toMatchObject({
      attempt: 2,
      earlier: [{ attempt: 1, reason: { code: 'connection-lost' } }],
    });
    expect(gateState(run, 'promote')).toMatchObject({ attempt: 1, status: 'pass' });
    expect(observationsOf(run).map((each) => each.live)).toEqual(['candidate']);
    expect(await world.version()).toBe(brings);
    expect(gateState(run, 'prove').result?.facts['probes']).toMatchObject([
      {
        id: 'version',
        status: 'pass',
        before: expect.stringContaining('none'),
        after: expect.stringContaining(brings),
      },
    ]);
    const documents = renderDocuments(run).map(({ markdown }) => markdown);
    expect(documents.filter((text) => text.includes('Attempts that were cut off before'))).toHaveLength(1);
  });

  it('whose Redis is away between exchange and rename passes', async () => {
    const { runId, brings } = await world.toApproval();
    await world.ssh.pauseOn(renaming(runId));
    await world.opened.approve(runId);
    await pausedIn(runId);
    await awayFor(shortly);
    expect((await world.ended(runId)).finished).toMatchObject({ verdict: 'PASS' });
    expect(await world.version()).toBe(brings);
  });

  it('whose Redis is away for longer than a job is held, and comes back without its data, passes', async () => {
    const { runId, brings } = await world.toApproval();
    await world.ssh.pauseOn(renaming(runId));
    await world.opened.approve(runId);
    await pausedIn(runId);
    await world.redis.stop();
    // The worker has lost its job by then, and ends the connection that the lock hangs on.
    await until(
      async () => (world.ssh.connections().length === 0 ? true : null),
      'the end of the worker’s hold',
    );
    await world.ssh.resume();
    await world.redis.restart({ empty: true });
    const run = await world.ended(runId);
    expect(run.finished).toMatchObject({ verdict: 'PASS' });
    expect(observationsOf(run).map((each) => each.live)).toEqual(['candidate']);
    expect(await world.version()).toBe(brings);
  });
});

describe('a worker that stands still in promote', () => {
  /** Approves; the worker in a process of its own takes the promote, and is frozen when this command waits on the host. */
  async function frozenAt(runId: string, command: string): Promise<InterlockProcess> {
    await world.opened.stopWorker();
    other = await startWorkerProcess(world.opened, { redisUrl: world.redis.url, ssh: world.ssh });
    await world.ssh.pauseOn(command);
    await world.opened.approve(runId);
    await pausedIn(runId);
    other.freeze();
    await world.opened.replaceWorker();
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
    expect(await world.opened.control.unlock(runId, by, 'its worker stands still')).toMatchObject({
      ok: true,
    });
  }

  it('is got past by the next attempt of its run, and what it does when it wakes up has no effect', async () => {
    const { runId, brings } = await world.toApproval();
    const frozen = await frozenAt(runId, exchanging(runId));
    const raised = await fence();
    await until(
      async () => ((await fence()) === raised ? null : true),
      'the fence of the next attempt',
      30_000,
    );
    // Both exchanges act now: the one that waited, and that of the attempt after it.
    await world.ssh.resume();
    expect((await world.ended(runId)).finished).toMatchObject({ verdict: 'PASS' });
    expect(await world.version()).toBe(brings);
    expect(await thawed(frozen, runId)).not.toContain('"status":"pass"');
    expect(await world.version()).toBe(brings);
  });

  it('keeps off neither the end of its run by /runs unlock nor the rollback of it', async () => {
    const was = await world.version();
    const { runId, brings } = await world.toApproval();
    const frozen = await frozenAt(runId, renaming(runId));
    expect(await world.version()).toBe(brings);
    await unlock(runId);
    const run = await world.ended(runId);
    expect(observationsOf(run).map((each) => each.live)).toEqual(['candidate']);
    expect(run.finished).toMatchObject({ verdict: 'INCONCLUSIVE' });
    expect(await heldBy()).toBe(runId);
    const back = await world.opened.request('rollback', runId);
    await world.asked(back);
    await world.opened.approve(back);
    await until(
      async () => ((await fence()).startsWith(`${back}/rollback`) ? true : null),
      'its fence',
      30_000,
    );
    await world.ssh.resume();
    expect((await world.ended(back)).finished).toMatchObject({ verdict: 'PASS' });
    expect(await world.version()).toBe(was);
    expect(await thawed(frozen, runId)).not.toContain('"status":"pass"');
    expect(await world.version()).toBe(was);
  });

  it('does not keep off the next run, once the lock was taken from its own', async () => {
    const was = await world.version();
    const first = await world.toApproval();
    const frozen = await frozenAt(first.runId, exchanging(first.runId));
    await unlock(first.runId);
    const run = await world.ended(first.runId);
    expect(observationsOf(run).map((each) => each.live)).toEqual(['anchor']);
    expect(await world.version()).toBe(was);
    expect(await heldBy()).toBe(first.runId);
    const next = await world.toApproval();
    await world.ssh.resume();
    await world.opened.approve(next.runId);
    expect((await world.ended(next.runId)).finished).toMatchObject({ verdict: 'PASS' });
    expect(await thawed(frozen, first.runId)).not.toContain('"status":"pass"');
    expect(await world.version()).toBe(next.brings);
  });
});
