// What Redis loses and what is forged there, beyond the promote: in stage, in a rollback, in a look and in a tidy; and a host
// that kills a whole session. On a real Redis and a real OpenSSH: what is said to be live is what is on the host.
import { existsSync } from 'node:fs';
import { type Job, Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newSigningKeys } from '../../src/attestation/keys.ts';
import type { Gate } from '../../src/gate/context.ts';
import { gateJobSchema, jobDigest } from '../../src/gate/job.ts';
import { signAnswer } from '../../src/gate/signed-result.ts';
import { type JsonValue, jsonValue } from '../../src/ledger/json-value.ts';
import { packPayload } from '../../src/queue/payload.ts';
import { requireFacts } from '../../src/run/facts.ts';
import { observationsOf } from '../../src/run/observation.ts';
import { gateState } from '../../src/run/state.ts';
import { whatIsLive } from '../../src/slack/view/what-is-live.ts';
import { type FaultyWorld, openFaultyWorld } from '../fixtures/faulty-world.ts';
import { operator } from '../fixtures/loopback-run.ts';
import { until } from '../fixtures/slack-workspace.ts';

/** What the commands hold that are stopped on their way; docs of the host's commands are in src/host. */
const unpacking = 'tar --extract';
const exchanging = 'renameat2';
const renaming = 'mv -T "$1" "$2"\nsync "$3"';
const stranger = newSigningKeys().signing;

let world: FaultyWorld;
let attacker: Redis;
let queue: Queue;
let live: string;
let turn = 0;
/** Whether the queue stands still once the look before the mutation has been taken. */
let holdsAfterDrift = false;

beforeAll(async () => {
  world = await openFaultyWorld('lost-app', { around: holding });
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

function holding(real: Gate): Gate {
  return {
    kind: real.kind,
    async run(context) {
      const facts = await real.run(context);
      if (real.kind === 'drift' && holdsAfterDrift) {
        holdsAfterDrift = false;
        await queue.pause();
      }
      return facts;
    },
  };
}

const dataOf = (job: Job): JsonValue => jsonValue.parse(JSON.parse(job.data.json));

async function tidy(subject: string): Promise<string> {
  const begun = await world.opened.control.request({
    ...{ operation: 'tidy', subject, dryRun: false, requester: operator, channel: null, via: 'operator' },
  });
  if (!begun.ok) throw new Error(begun.refusal.text);
  return begun.value.runId;
}

/** Lets Redis forget all while a command waits on the host, which runs once the job is on the queue again. */
async function forgetAll(id: string): Promise<void> {
  await world.ssh.paused();
  await attacker.flushall();
  await until(() => queue.getJob(id), 'the job again');
  await world.ssh.resume();
}

/** Approves, and resolves with the job that follows the look before it, which no worker is going to take. */
async function heldAfterDrift(runId: string, id: string): Promise<Job> {
  holdsAfterDrift = true;
  await world.opened.approve(runId);
  return until(() => queue.getJob(id), `the job ${id}`);
}

/** Writes an end of this job into Redis as if a worker had passed it; resolves with the job as it was. */
async function forgeAnswer(job: Job, facts: Record<string, JsonValue>): Promise<JsonValue> {
  const genuine = dataOf(job);
  const data = gateJobSchema.parse(genuine);
  const at = new Date().toISOString();
  const gate = { gate: data.gate, attempt: data.attempt };
  const answer = signAnswer(
    {
      ...{ ...gate, run: data.run, jobDigest: jobDigest(data), machine: 'mac-ssot', nonce: null },
      result: {
        ...{ ...gate, status: 'pass', reason: null, machine: 'mac-ssot', startedAt: at, finishedAt: at },
        ...{ checks: [], facts, mutations: [], evidence: [] },
      },
    },
    stranger,
  );
  const key = (name: string) => `bull:interlock-ssot:${name}`;
  const id = job.id ?? '';
  await attacker
    .multi()
    .lrem(key('wait'), 0, id)
    .lrem(key('paused'), 0, id)
    .hset(key(id), { returnvalue: JSON.stringify(packPayload(answer)), finishedOn: String(Date.now()) })
    .zadd(key('completed'), Date.now(), id)
    .exec();
  return genuine;
}

/** Gives a worker what was kept, under a name that nobody asks for. */
async function late(genuine: JsonValue): Promise<void> {
  turn += 1;
  const id = `late-${turn}`;
  await queue.add('gate', packPayload(genuine), { jobId: id });
  await until(async () => ((await queue.getJob(id))?.finishedOn ? true : null), 'its end');
}

/** The run that went live, and the candidate that another one has left beside the live path. */
let delivered: { runId: string; brings: string };
let leftOver: { runId: string; path: string };

describe('a run', () => {
  it('whose Redis forgets all in stage goes on', async () => {
    await world.ssh.pauseOn(unpacking);
    delivered = await world.begin();
    await forgetAll(`${delivered.runId}-stage-1`);
    await world.asked(delivered.runId);
    const run = await world.opened.coordinator.state(delivered.runId);
    expect(run && gateState(run, 'stage')).toMatchObject({ status: 'pass', attempt: 1 });
  });

  it('whose host kills the whole session at the exchange, and at the rename, and whose look is forged, goes live', async () => {
    const { runId, brings } = delivered;
    await world.ssh.pauseOn(exchanging);
    await world.opened.approve(runId);
    await world.ssh.paused();
    await queue.pause();
    world.ssh.killSessions();
    const look = await until(() => queue.getJob(`${runId}-observe-live-1`), 'the look');
    const genuine = await forgeAnswer(look, { tree: { digest: `sha256:${'9'.repeat(64)}` } });
    await world.ssh.pauseOn(renaming);
    await queue.resume();
    await world.ssh.paused();
    world.ssh.killSessions();
    await world.ssh.resume();
    const run = await world.ended(runId);
    expect(run.finished).toMatchObject({ verdict: 'PASS' });
    expect(gateState(run, 'promote')).toMatchObject({ status: 'pass', attempt: 3 });
    expect(run.looks[0]?.earlier[0]).toMatchObject({ reason: { code: 'result-not-signed' } });
    await late(genuine);
    expect(observationsOf(run).map((each) => each.live)).toEqual(['candidate']);
    expect(await world.version()).toBe(brings);
  });
});

describe('a rollback', () => {
  it('whose answer is forged has taken nothing back, and the genuine job takes nothing back afterwards', async () => {
    const { runId, brings } = delivered;
    const back = await world.opened.request('rollback', runId);
    await world.asked(back);
    const genuine = await forgeAnswer(await heldAfterDrift(back, `${back}-rollback-1`), {});
    await queue.resume();
    const run = await world.ended(back);
    expect(gateState(run, 'rollback')).toMatchObject({ reason: { code: 'result-not-signed' } });
    expect(run.finished).toMatchObject({ verdict: 'INCONCLUSIVE' });
    expect(observationsOf(run).map((each) => each.live)).toEqual(['candidate']);
    expect(whatIsLive(run).join('\n')).toContain('holds what was to be taken back');
    await late(genuine);
    expect(await world.version()).toBe(brings);
  });

  it('whose Redis forgets all between exchange and rename is finished', async () => {
    const back = await world.opened.request('rollback', delivered.runId);
    await world.asked(back);
    await world.ssh.pauseOn(renaming);
    await world.opened.approve(back);
    await forgetAll(`${back}-rollback-1`);
    const run = await world.ended(back);
    expect(run.finished).toMatchObject({ verdict: 'PASS' });
    expect(observationsOf(run).map((each) => each.live)).toEqual(['anchor']);
    expect(await world.version()).toBe('as before');
  });
});

describe('a promote', () => {
  it('in whose place the queued one of another run is put leaves both candidates where they are', async () => {
    const first = await world.toApproval();
    const held = await heldAfterDrift(first.runId, `${first.runId}-promote-1`);
    const other = await forgeAnswer(held, {});
    await queue.resume();
    await world.ended(first.runId);
    leftOver = { runId: first.runId, path: `${live}.staged-${first.runId}` };

    const { runId } = await world.toApproval();
    const id = `${runId}-promote-1`;
    const job = await heldAfterDrift(runId, id);
    const genuine = dataOf(job);
    await job.remove();
    await queue.add('gate', packPayload(other), { jobId: id });
    await queue.resume();
    const run = await world.ended(runId);
    expect(gateState(run, 'promote')).toMatchObject({
      ...{ status: 'inconclusive', reason: { code: 'result-of-another-job' } },
    });
    expect(run.finished).toMatchObject({ verdict: 'INCONCLUSIVE' });
    expect(observationsOf(run).map((each) => each.live)).toEqual(['anchor']);
    await late(genuine);
    expect(await world.version()).toBe('as before');
  });
});

describe('a tidy', () => {
  it('whose answer is forged has removed nothing that it says, and the genuine job removes nothing afterwards', async () => {
    const { runId, path } = leftOver;
    await queue.pause();
    const tidied = await tidy(runId);
    const job = await until(() => queue.getJob(`${tidied}-tidy-1`), 'the tidy');
    const genuine = await forgeAnswer(job, { removed: [{ path, why: 'it is no way back' }] });
    await queue.resume();
    const run = await world.ended(tidied);
    expect(run.finished).toMatchObject({ verdict: 'INCONCLUSIVE' });
    expect(gateState(run, 'tidy').result?.facts).toEqual({});
    await late(genuine);
    expect(existsSync(path)).toBe(true);
  });

  it('whose Redis forgets all while it removes is finished, and says what it has removed', async () => {
    const { runId, path } = leftOver;
    await world.ssh.pauseOn(`interlock ${path}`);
    const tidied = await tidy(runId);
    await forgetAll(`${tidied}-tidy-1`);
    const run = await world.ended(tidied);
    expect(run.finished).toMatchObject({ verdict: 'PASS' });
    const { removed } = requireFacts('tidy', gateState(run, 'tidy').result?.facts);
    expect(removed.map((each) => each.path)).toContain(path);
    expect(existsSync(path)).toBe(false);
  });
});
