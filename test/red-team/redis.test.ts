// An attacker with full write access to Redis, against the real worker, the real coordinator and a real host behind OpenSSH.
// Whatever is written there: nothing changes on the host, and nothing that was made up is in the ledger.
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Job, Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { newSigningKeys, type SigningKeys } from '../../src/attestation/keys.ts';
import { sha256Hex } from '../../src/evidence/digest.ts';
import { publishSwitch } from '../../src/execution/kill-switch.ts';
import { type GateJob, gateJobSchema, jobDigest } from '../../src/gate/job.ts';
import { answerSchema, signAnswer } from '../../src/gate/signed-result.ts';
import type { Json } from '../../src/plan/schema-scalars.ts';
import { packPayload } from '../../src/queue/payload.ts';
import type { GateResult } from '../../src/run/gate-result.ts';
import { gateState, type RunState } from '../../src/run/state.ts';
import { type LoopbackRun, openLoopbackRun } from '../fixtures/loopback-run.ts';
import { type OpenSsh, startOpenSsh } from '../fixtures/openssh.ts';
import { nameThisNode, shortenSuites } from '../fixtures/plan-file.ts';
import { type RedisFixture, startRedis } from '../fixtures/redis.ts';
import { signJob } from '../fixtures/signed-job.ts';
import { until } from '../fixtures/slack-workspace.ts';
import { type TreeContents, treeContents } from '../fixtures/tree-contents.ts';

const queueOfRole = 'interlock-ssot';
const switchKey = 'interlock:signal:interlock-execution-switch';

let redis: RedisFixture;
let ssh: OpenSsh;
let opened: LoopbackRun;
let attacker: Redis;
/** The same access, with the queue's own tool: the attacker knows how jobs look. */
let queue: Queue;
let directory: string;
let attackersKeys: SigningKeys;
/** What the attacker's commands would leave behind. */
let trace: string;

/** The run that was staged and waits for its approval; the host as it is shown there. */
let staged: RunState;
let host: TreeContents;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-red-team-'));
  trace = join(directory, 'trace');
  attackersKeys = newSigningKeys();
  [redis, ssh] = await Promise.all([startRedis(), startOpenSsh()]);
  opened = await openLoopbackRun({
    redisUrl: redis.url,
    ssh,
    async prepare({ planFile }) {
      await nameThisNode(planFile);
      await shortenSuites(planFile);
    },
  });
  attacker = new Redis(redis.url);
  queue = new Queue(queueOfRole, { connection: { url: redis.url } });
  staged = await opened.until(
    await opened.deploy(),
    ({ approval, finished }) => approval !== null || finished !== null,
  );
  expect(staged.approval).not.toBeNull();
  host = await hostNow();
});
afterAll(async () => {
  await queue?.close();
  attacker?.disconnect();
  await opened?.close();
  await ssh?.close();
  await redis?.close();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  await opened.setExecution(true);
});

/** The live tree, what stands beside it, and our own journal and records; a look raises the fence and takes authorizations away. */
async function hostNow(): Promise<TreeContents> {
  const all = await treeContents(opened.world.host.root);
  return Object.fromEntries(
    Object.entries(all).filter(([path]) => !/\/\.interlock\/[^/]*\.(fence|nonces)/.test(`/${path}`)),
  );
}

async function expectNothingDone(): Promise<void> {
  expect(await hostNow()).toEqual(host);
  await expect(access(trace)).rejects.toMatchObject({ code: 'ENOENT' });
}

async function jobOf(id: string): Promise<{ job: Job; data: GateJob }> {
  const job = await until(() => queue.getJob(id), `the job ${id}`);
  return { job, data: gateJobSchema.parse(JSON.parse(packedSchema.parse(job.data).json)) };
}
const packedSchema = z.object({ json: z.string() });

/** Puts a job on the queue, and resolves with its end. */
async function putAndHear(id: string, data: GateJob): Promise<Job> {
  const job = await queue.add('gate', packPayload(data as unknown as Json), { jobId: id });
  return until(async () => {
    const now = await queue.getJob(job.id ?? '');
    return now?.finishedOn === undefined ? null : now;
  }, `an end of ${id}`);
}

/** The same, with the answer that a worker has signed. */
async function putAndAwait(id: string, data: GateJob): Promise<string> {
  const { returnvalue } = await putAndHear(id, data);
  return z.string().parse(JSON.parse(packedSchema.parse(returnvalue).json));
}

/** No worker signs anything for a job that the control plane did not sign: its word could stand for the genuine job's. */
async function expectUnanswered(id: string, data: GateJob, why: string): Promise<void> {
  const { returnvalue, failedReason } = await putAndHear(id, data);
  expect(returnvalue ?? null).toBeNull();
  expect(failedReason).toContain(why);
}

/** What a worker has put into its envelope. */
function resultIn(envelope: string): GateResult {
  const { payload } = z.looseObject({ payload: z.string() }).parse(JSON.parse(envelope));
  return answerSchema.parse(JSON.parse(Buffer.from(payload, 'base64').toString())).result;
}

/** Starts a run whose first job waits, since the attacker holds the queue. */
async function withWaitingJob(
  attack: (runId: string, id: string, data: GateJob, job: Job) => Promise<unknown>,
): Promise<RunState> {
  await endOpenRun();
  await queue.pause();
  const runId = await opened.deploy();
  const id = `${runId}-precheck-1`;
  const { job, data } = await jobOf(id);
  await attack(runId, id, data, job);
  await queue.resume();
  return opened.until(runId, ({ finished }) => finished !== null);
}

/** The target takes one run at a time; the staged one is rejected once it is no longer needed. */
async function endOpenRun(): Promise<void> {
  const run = await opened.coordinator.state(staged.runId);
  if (run?.finished) return;
  await opened.approve(staged.runId, 'reject');
  await opened.until(staged.runId, ({ finished }) => finished !== null);
}

/** Writes a job's end into Redis, as if a worker had ended it. */
async function markCompleted(id: string, fields: Record<string, string>): Promise<void> {
  const key = (name: string) => `bull:${queueOfRole}:${name}`;
  await attacker
    .multi()
    .lrem(key('wait'), 0, id)
    .hset(key(id), { ...fields, finishedOn: String(Date.now()) })
    .zadd(key('completed'), Date.now(), id)
    .exec();
}

const claimed = 'the attacker was here';
const on = { enabled: true, reason: claimed, seq: 1000, plans: {}, runs: {} };
/** The switch as the attacker writes it. */
const overwritten = {
  get: (key: string) => attacker.get(key),
  set: async (_: string, value: string) => void (await attacker.set(switchKey, value)),
};

const forged: GateResult = {
  gate: 'precheck',
  attempt: 1,
  status: 'pass',
  reason: null,
  machine: 'mac-ssot',
  startedAt: new Date().toISOString(),
  finishedAt: new Date().toISOString(),
  checks: [{ id: 'all', title: claimed, status: 'pass', actual: claimed, evidence: [] }],
  facts: { machine: claimed },
  mutations: [],
  evidence: [
    {
      digest: `sha256:${sha256Hex(claimed)}`,
      bytes: claimed.length,
      title: claimed,
      mediaType: 'text/plain',
      text: claimed,
    },
  ],
};

/** Nothing of what was made up is in the ledger, in the evidence or in the reports. */
async function expectNothingBelieved(run: RunState, code: string): Promise<void> {
  const first = gateState(run, 'precheck');
  expect(first).toMatchObject({ status: 'inconclusive', reason: { code } });
  expect(first.result).toMatchObject({ facts: {}, evidence: [], checks: [] });
  expect(run.finished?.verdict).toBe('INCONCLUSIVE');
  expect(JSON.stringify(await opened.ledger.read(run.runId))).not.toContain(claimed);
  expect(await opened.evidence.has(`sha256:${sha256Hex(claimed)}`)).toBe(false);
  await expectNothingDone();
}

describe('while a run waits for its approval, an attacker who writes to Redis', () => {
  const ledgerOf = async () => (await opened.ledger.read(staged.runId)).map(({ hash }) => hash);
  const stageJob = () => jobOf(`${staged.runId}-stage-1`);

  it('puts a finished job there again under another id: its first answer comes back, and nothing is done', async () => {
    const { job, data } = await stageJob();
    const before = await ledgerOf();
    const answer = await putAndAwait('replayed', data);
    expect(answer).toBe(JSON.parse(packedSchema.parse(job.returnvalue).json));
    expect(await ledgerOf()).toEqual(before);
    await expectNothingDone();
  });

  it('removes a finished job and puts it there again under its own id: nothing is done', async () => {
    const { job, data } = await stageJob();
    const before = await ledgerOf();
    const first = JSON.parse(packedSchema.parse(job.returnvalue).json);
    await job.remove();
    expect(await putAndAwait(`${staged.runId}-stage-1`, data)).toBe(first);
    expect(await ledgerOf()).toEqual(before);
    await expectNothingDone();
  });

  it('forges a job from scratch, and signs it with a key of its own: it is refused', async () => {
    const { data } = await stageJob();
    const plan = { ...data.plan, tests: { full: { ...data.plan.tests['full'], command: ['touch', trace] } } };
    const made = {
      ...data,
      gate: 'promote',
      facts: { ...data.facts, stage: stagedFacts() },
      plan,
    } as GateJob;
    const { authorization: _, ...unsigned } = made;
    const job = signJob(unsigned, staged, attackersKeys);
    await expectUnanswered('forged', job, 'expected an authorization that the control plane signed');
    const honestPlan = signJob({ ...unsigned, plan: data.plan }, staged, attackersKeys);
    await expectUnanswered(
      'forged-again',
      honestPlan,
      'expected an authorization that the control plane signed',
    );
    await expectNothingDone();
  });

  it.each([
    ['stage', 'promote'],
    ['artifact', 'stage'],
    ['test', 'rollback'],
  ] as const)('puts the authorization of %s into a job of %s: it is refused', async (from, to) => {
    const [source, target] = [await jobOf(`${staged.runId}-${from}-1`), await stageJob()];
    const { authorization } = source.data;
    const job = { ...target.data, gate: to, facts: { ...target.data.facts, stage: stagedFacts() } };
    await expectUnanswered(`swapped-${to}`, { ...job, authorization }, 'expected an authorization with');
    await expectNothingDone();
  });

  it('turns the execution switch on with a key of its own: promote is blocked', async () => {
    await opened.setExecution(false);
    await publishSwitch(overwritten, attackersKeys.signing, on, Date.now());
    await opened.approve(staged.runId);
    staged = await opened.until(staged.runId, ({ finished }) => finished !== null);
    expect(gateState(staged, 'promote')).toMatchObject({
      status: 'blocked',
      reason: { code: 'execution-disabled' },
      result: { mutations: [] },
    });
    await expectNothingDone();
  });

  it('puts the spent job before another worker of the role: the host refuses it', async () => {
    const { data } = await stageJob();
    await opened.replaceWorker();
    expect(resultIn(await putAndAwait('elsewhere', data))).toMatchObject({
      status: 'blocked',
      reason: { code: 'authorization-spent' },
      mutations: [],
    });
    await expectNothingDone();
  });
});

describe('an attacker who holds the queue while a job waits', () => {
  it('puts other commands into it: none of them is run, and the gate is inconclusive', async () => {
    const run = await withWaitingJob(async (_, __, data, job) => {
      const { full } = data.plan.tests;
      const plan = { ...data.plan, tests: { full: { ...full, command: ['touch', trace] } } };
      const edited = { ...data, gate: 'test', plan };
      await attacker.hset(
        `bull:${queueOfRole}:${job.id}`,
        'data',
        JSON.stringify(packPayload(edited as Json)),
      );
    });
    await expectNothingBelieved(run, 'no-result');
  });

  it.each<[string, string, (id: string, data: GateJob) => Promise<unknown>]>([
    ['that nobody signed', 'result-not-signed', async () => forged],
    [
      'that its own key signed',
      'result-not-signed',
      async (_, data) =>
        signAnswer(
          {
            run: data.run,
            gate: 'precheck',
            attempt: 1,
            jobDigest: jobDigest(data),
            nonce: null,
            machine: 'mac-ssot',
            result: forged,
          },
          attackersKeys.signing,
        ),
    ],
    [
      'of an earlier run, which the worker did sign',
      'result-of-another-job',
      async () => {
        const { job } = await jobOf(`${staged.runId}-precheck-1`);
        return JSON.parse(packedSchema.parse(job.returnvalue).json);
      },
    ],
    [
      'of an earlier run with another payload under its signature',
      'result-not-signed',
      async (_, data) => {
        const { job } = await jobOf(`${staged.runId}-precheck-1`);
        const envelope = JSON.parse(JSON.parse(packedSchema.parse(job.returnvalue).json));
        const answer = answerSchema.parse(JSON.parse(Buffer.from(envelope.payload, 'base64').toString()));
        const made = { ...answer, run: data.run, jobDigest: jobDigest(data), result: forged };
        return JSON.stringify({
          ...envelope,
          payload: Buffer.from(JSON.stringify(made)).toString('base64'),
        });
      },
    ],
  ])('writes a result %s: nothing of it is believed', async (_, code, make) => {
    const run = await withWaitingJob(async (__, id, data) => {
      const returnvalue = JSON.stringify(packPayload((await make(id, data)) as Json));
      await markCompleted(id, { returnvalue });
    });
    await expectNothingBelieved(run, code);
  });

  it('turns the execution switch on by a state that was signed a minute ago: it is off', async () => {
    const run = await withWaitingJob(async () => {
      await opened.setExecution(false);
      await publishSwitch(overwritten, opened.keys.signing, on, Date.now() - 60_000);
    });
    const { result } = gateState(run, 'precheck');
    expect(result?.checks.find(({ id }) => id === 'execution')).toMatchObject({ status: 'blocked' });
    expect(run.finished?.verdict).toBe('BLOCKED');
    await expectNothingDone();
  });

  it('marks it completed without any result: the gate is inconclusive', async () => {
    const run = await withWaitingJob((_, id) => markCompleted(id, {}));
    await expectNothingBelieved(run, 'no-result');
  });
});

/** The facts that a promote would act on. */
function stagedFacts(): Json {
  return gateState(staged, 'stage').result?.facts ?? null;
}
