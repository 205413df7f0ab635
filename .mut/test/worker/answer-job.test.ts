// One job, started more than once: by the queue, as it may, or by somebody who put it there again. On a real host behind
// SSH, with a gate that leaves a mark each time that it changes it.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listTree, treeDigest } from '../../src/artifact/tree-digest.ts';
import { newSigningKeys } from '../../src/attestation/keys.ts';
import { generateSshKeyPair } from '../../src/demo/ssh-key-pair.ts';
import { type SshServer, startSshServer } from '../../src/demo/ssh-server.ts';
import { createRedactor } from '../../src/evidence/redact.ts';
import { openEvidenceStore } from '../../src/evidence/store.ts';
import { openNonces } from '../../src/execution/nonces.ts';
import { changeHost, stashOf, withTargetLock } from '../../src/gate/change-host.ts';
import type { Gate, GateContext } from '../../src/gate/context.ts';
import type { GateJob } from '../../src/gate/job.ts';
import { readAnswer } from '../../src/gate/signed-result.ts';
import { script } from '../../src/host/command.ts';
import { QueueError } from '../../src/queue/queue-error.ts';
import { jobAnswerer } from '../../src/worker/answer-job.ts';
import { contextMaker } from '../../src/worker/make-context.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';
import { stateAtSigning } from '../fixtures/run-events.ts';
import { signJob, unsignedJob } from '../fixtures/signed-job.ts';

const controlPlane = newSigningKeys();
const { signing: signingKey } = newSigningKeys();
let directory: string;
let root: string;
let ssh: SshServer;
let job: GateJob;
let enabled = true;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-answer-'));
  const login = generateSshKeyPair();
  await writeFile(join(directory, 'login'), login.privateKey, { mode: 0o600 });
  await mkdir(join(directory, 'host'));
  ssh = await startSshServer({ root: join(directory, 'host'), authorizedKey: login.publicKey });
});
afterAll(async () => {
  await ssh?.close();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  enabled = true;
  root = await mkdtemp(join(directory, 'host', 'srv-'));
  job = newJob();
});

function newJob(): GateJob {
  const { host: address, port, hostKey } = ssh;
  const plan = referencePlan({
    hosts: { contabo: { address, port, user: userInfo().username, hostKey, credential: 'deploy' } },
    target: { host: 'contabo', livePath: join(root, 'app') },
  });
  const run = stateAtSigning({ plan });
  return signJob(unsignedJob(run, 'promote'), run, controlPlane);
}

/** Appends a line on the host, in the way in which gates change it. */
async function mark(context: GateContext): Promise<object> {
  const marks = join(root, 'marks');
  await changeHost(context, 'host.copy', marks, script('mutate', 'mark', 'echo mark >> "$1"', [marks]));
  context.record.check('marked', 'the host was marked', true, { actual: 'yes' });
  return {};
}

const promote = (act: (context: GateContext) => Promise<object> = mark): Gate => ({
  kind: 'promote',
  run: (context) => withTargetLock(context, act),
});

/** A worker of the role; `data` is its data directory. */
async function worker(data: string, gate = promote()) {
  const place = join(root, data);
  const nonces = await openNonces(join(place, 'authorizations'), Date.now);
  const publicKeys = [controlPlane.signing.publicKey];
  const makeContext = contextMaker({
    machine: 'mac-ssot',
    workspaces: join(place, 'workspaces'),
    blobs: await openEvidenceStore(join(place, 'evidence')),
    publicKeys,
    killSwitch: { read: async () => ({ enabled, reason: 'test' }) },
    nonces,
    credentials: { deploy: { privateKey: join(directory, 'login') } },
    secrets: new Map(),
    redactor: createRedactor({ literals: [] }),
    now: () => new Date(),
  });
  const log = { info: () => undefined, warn: () => undefined };
  const answerJob = jobAnswerer({ gates: [gate], makeContext, publicKeys, signingKey, nonces, log });
  return {
    nonces,
    take: (start = 1, signal = new AbortController().signal, taken = job) =>
      answerJob(taken, start, signal, async () => undefined),
  };
}

const resultOf = (answer: string) => readAnswer(answer, [signingKey.publicKey]).answer.result;

async function marks(): Promise<number> {
  return (await readFile(join(root, 'marks'), 'utf8').catch(() => '')).split('\n').filter(Boolean).length;
}

/** Everything that is on the host, our own files included, but not the workers’ data. */
async function hostNow() {
  const names = (await readdir(root)).filter((name) => !name.startsWith('data')).sort();
  const stash = join(root, '.interlock');
  return {
    names,
    marks: await marks(),
    stash: names.includes('.interlock') ? treeDigest(await listTree(stash)) : null,
  };
}

const stopped = new QueueError('worker-closing', 'closing');

describe('a job that is started again', () => {
  it('after its gate has ended is answered from the record, and nothing is run', async () => {
    const first = await worker('data');
    const answer = await first.take();
    expect(resultOf(answer)).toMatchObject({ status: 'pass', machine: 'mac-ssot' });
    const before = await hostNow();
    expect(await first.take()).toBe(answer);
    // The same after a restart, which has the data directory alone.
    expect(await (await worker('data')).take(2)).toBe(answer);
    expect(await hostNow()).toEqual(before);
    expect(before.marks).toBe(1);
  });

  it('by another worker of the role, after its gate has ended, is refused by the host before any byte', async () => {
    await (await worker('data-1')).take();
    const before = await hostNow();
    const other = await worker('data-2');
    const refused = resultOf(await other.take());
    expect(refused).toMatchObject({
      status: 'blocked',
      reason: { code: 'authorization-spent' },
      mutations: [],
    });
    expect(await hostNow()).toEqual(before);
    // What the queue hands out again after a worker's death is held for a human, never run twice.
    expect(resultOf(await (await worker('data-3')).take(2))).toMatchObject({
      status: 'inconclusive',
      reason: { code: 'authorization-spent' },
    });
  });

  it('after it was begun and cut off may begin again, there and elsewhere', async () => {
    const cut = new AbortController();
    const stopping = promote(async (context) => {
      await mark(context);
      cut.abort(stopped);
      return {};
    });
    const first = await worker('data-1', stopping);
    await expect(first.take(1, cut.signal)).rejects.toBe(stopped);
    expect(resultOf(await (await worker('data-2')).take(2)).status).toBe('pass');
    expect(await marks()).toBe(2);
    // Nobody has told the first one; it asks the host.
    expect(resultOf(await (await worker('data-1')).take(3)).reason?.code).toBe('authorization-spent');
    expect(await marks()).toBe(2);
  });

  it('while it is in hand waits for that one, and gets its answer', async () => {
    const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
    const { promise: goOn, resolve: letGo } = Promise.withResolvers<void>();
    const slow = promote(async (context) => {
      enter();
      await goOn;
      return mark(context);
    });
    const one = await worker('data', slow);
    const first = one.take();
    await entered;
    const given = new AbortController();
    const [second, impatient] = [one.take(2), one.take(3, given.signal)];
    given.abort(stopped);
    await expect(impatient).rejects.toBe(stopped);
    letGo();
    expect(await second).toBe(await first);
    expect(await marks()).toBe(1);
  });

  it('by a worker that died before it told the host tells it now', async () => {
    const record = stashOf(job.plan.target?.livePath ?? '').nonces;
    const [first, other] = [await worker('data'), await worker('data-2')];
    const answer = await first.take();
    const ended = await readFile(record, 'utf8');
    await writeFile(record, ended.replace(' ended ', ' begun '));
    expect(await (await worker('data')).take(2)).toBe(answer);
    expect(await readFile(record, 'utf8')).toBe(ended);
    expect(resultOf(await other.take()).reason?.code).toBe('authorization-spent');
  });

  it('with the execution switch off is still spent on the host', async () => {
    const off = promote(async (context) => {
      const facts = await mark(context);
      enabled = false;
      return facts;
    });
    expect(resultOf(await (await worker('data', off)).take()).status).toBe('pass');
    enabled = true;
    expect(resultOf(await (await worker('data-2')).take()).reason?.code).toBe('authorization-spent');
    expect(await marks()).toBe(1);
  });
});

describe('a job that was signed again', () => {
  it('is another permission: a coordinator that crashed may enqueue it anew', async () => {
    const one = await worker('data');
    await one.take();
    const again = newJob();
    expect(resultOf(await one.take(1, new AbortController().signal, again)).status).toBe('pass');
    expect(await marks()).toBe(2);
  });
});

describe('a gate', () => {
  it('can change no machine that its permit does not name, whatever the journal is told', async () => {
    const elsewhere = promote((context) =>
      context.executor
        .mutate(
          context.permit(),
          { kind: 'host.copy', machine: 'contabo', target: root, detail: '' },
          (tools) => tools.host('db-1'),
        )
        .then(() => ({})),
    );
    expect(resultOf(await (await worker('data', elsewhere)).take())).toMatchObject({
      status: 'inconclusive',
      reason: { code: 'machine-not-permitted' },
    });
    const branch = promote((context) =>
      context.executor
        .mutate(
          context.permit(),
          { kind: 'repository.fast-forward', machine: 'mac-ssot', target: root, detail: '' },
          async () => undefined,
        )
        .then(() => ({})),
    );
    job = newJob();
    const refused = resultOf(await (await worker('data-2', branch)).take());
    expect(refused.reason).toMatchObject({
      code: 'machine-not-permitted',
      text: expect.stringContaining('repository.fast-forward'),
    });
    expect(refused.mutations.map(({ kind }) => kind)).toEqual(['host.lock', 'host.journal']);
  });
});
