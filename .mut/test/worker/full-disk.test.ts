// A worker whose data disk is full. What it has changed it tells; what it cannot note it does not begin.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { newSigningKeys } from '../../src/attestation/keys.ts';
import { generateSshKeyPair } from '../../src/demo/ssh-key-pair.ts';
import { type SshServer, startSshServer } from '../../src/demo/ssh-server.ts';
import { readAuthorization } from '../../src/execution/authorization.ts';
import { openNonces } from '../../src/execution/nonces.ts';
import { changeHost, withTargetLock } from '../../src/gate/change-host.ts';
import type { Gate, GateContext } from '../../src/gate/context.ts';
import { claimedBy, type GateJob } from '../../src/gate/job.ts';
import { readAnswer } from '../../src/gate/signed-result.ts';
import { script } from '../../src/host/command.ts';
import { rememberingNonces } from '../../src/worker/remember-answers.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';
import { stateAtSigning } from '../fixtures/run-events.ts';
import { signJob, unsignedJob } from '../fixtures/signed-job.ts';
import { mountSmallDisk, noSmallDisk, type SmallDisk } from '../fixtures/small-disk.ts';
import { roleWorker } from './role-worker.ts';

const controlPlane = newSigningKeys();
const { signing: signingKey } = newSigningKeys();
const publicKeys = [controlPlane.signing.publicKey];
let directory: string;
let ssh: SshServer;
let root: string;
let job: GateJob;
let disk: SmallDisk | null;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-disk-'));
  const login = generateSshKeyPair();
  await writeFile(join(directory, 'login'), login.privateKey, { mode: 0o600 });
  ssh = await startSshServer({ root: directory, authorizedKey: login.publicKey });
});
afterAll(async () => {
  await ssh?.close();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  root = await mkdtemp(join(directory, 'srv-'));
  disk = await mountSmallDisk(join(root, 'data'), '256k');
  const { host: address, port, hostKey } = ssh;
  const plan = referencePlan({
    hosts: { contabo: { address, port, user: userInfo().username, hostKey, credential: 'deploy' } },
    target: { host: 'contabo', livePath: join(root, 'app') },
  });
  const run = stateAtSigning({ plan });
  job = signJob(unsignedJob(run, 'promote'), run, controlPlane);
});
afterEach(() => disk?.close());

const filler = () => join(root, 'data', 'filler');

/** Until not one byte more is taken. */
async function fill(): Promise<void> {
  for (let bytes = 1 << 20; bytes >= 1; bytes = Math.floor(bytes / 2))
    await writeFile(filler(), Buffer.alloc(bytes), { flag: 'a' }).catch(() => undefined);
}

function promote(andThen: () => Promise<void> = async () => undefined): Gate {
  return {
    kind: 'promote',
    run: (context: GateContext) =>
      withTargetLock(context, async (held) => {
        const marks = join(root, 'marks');
        await changeHost(held, 'host.copy', marks, script('mutate', 'mark', 'echo mark >> "$1"', [marks]));
        held.record.check('marked', 'the host was marked', true, { actual: 'yes' });
        await andThen();
        return {};
      }),
  };
}

const worker = (gate: Gate) =>
  roleWorker({
    data: join(root, 'data'),
    gate,
    publicKeys,
    signingKey,
    privateKey: join(directory, 'login'),
  });
const resultOf = (answer: string) => readAnswer(answer, [signingKey.publicKey]).answer.result;
const marks = async () =>
  (await readFile(join(root, 'marks'), 'utf8').catch(() => '')).length / 'mark\n'.length;

it('that fills while a gate changes the host costs no answer, and the gate is not run again', async (context) => {
  if (disk === null) return context.skip(noSmallDisk);
  const take = await worker(promote(fill));
  const answer = await take(job);
  expect(resultOf(answer)).toMatchObject({ status: 'pass', reason: null });
  expect(await take(job, 2)).toBe(answer);
  expect(await marks()).toBe(1);
  // Another worker on the same directory knows nothing of it, and is told by the host.
  expect(resultOf(await (await worker(promote()))(job)).reason?.code).toBe('authorization-spent');
  expect(await marks()).toBe(1);
});

it('that is full when a gate is to begin blocks it before anything is changed', async (context) => {
  if (disk === null) return context.skip(noSmallDisk);
  const take = await worker(promote());
  await fill();
  expect(resultOf(await take(job))).toMatchObject({
    status: 'blocked',
    reason: { code: 'record-unwritable', text: expect.stringContaining('ENOSPC') },
    mutations: [],
  });
  expect(await marks()).toBe(0);
});

it('that has room again gets the answer which it could not take', async (context) => {
  if (disk === null) return context.skip(noSmallDisk);
  const place = join(root, 'data', 'authorizations');
  const record = await openNonces(place, Date.now);
  const nonces = rememberingNonces(record, { log: { warn: () => undefined }, againMs: 20 });
  const authorization = readAuthorization(job.authorization, publicKeys, claimedBy(job));
  await fill();
  expect(await nonces.end(authorization, 'the answer')).toBe('the answer');
  expect(await nonces.end(authorization, 'another')).toBe('the answer');
  expect(await record.answerOf(authorization)).toBeNull();
  await rm(filler());
  await expect.poll(() => record.answerOf(authorization), { timeout: 20_000 }).toBe('the answer');
  expect(await nonces.answerOf(authorization)).toBe('the answer');
});
