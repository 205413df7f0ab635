// An exchange that is cut off, and looks at what it has left, on a real sshd: where digests cannot tell two trees apart, the
// host's journal and the directories themselves do.
import { mkdir, mkdtemp, readdir, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { observeLive } from '../../jobs/observe-live.ts';
import { newSigningKeys } from '../../src/attestation/keys.ts';
import { withTargetLock } from '../../src/gate/change-host.ts';
import type { Gate } from '../../src/gate/context.ts';
import { exchangeTrees } from '../../src/gate/exchange-trees.ts';
import { observeTree } from '../../src/gate/observe-tree.ts';
import { readAnswer } from '../../src/gate/signed-result.ts';
import { type ExchangeWay, exchangeTrials, parseExchangeTrials } from '../../src/host/exchange.ts';
import { LocalHost } from '../../src/host/local-host.ts';
import { readFacts } from '../../src/run/facts.ts';
import type { GateResult } from '../../src/run/gate-result.ts';
import { type OpenSsh, startOpenSsh } from '../fixtures/openssh.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';
import { stateAtSigning } from '../fixtures/run-events.ts';
import { signJob, unsignedJob } from '../fixtures/signed-job.ts';
import { roleWorker } from '../worker/role-worker.ts';

const controlPlane = newSigningKeys();
const { signing: signingKey } = newSigningKeys();
const here = new LocalHost({ name: 'here' });
let ssh: OpenSsh;
let way: ExchangeWay;
let root: string;
let live: string;
let staged: string;

beforeAll(async () => {
  ssh = await startOpenSsh({ forceCommand: true });
  ({ way } = parseExchangeTrials(await here.run(exchangeTrials(ssh.dir))));
});
afterAll(async () => {
  await here.close();
  await ssh?.close();
});
beforeEach(async () => {
  root = await mkdtemp(join(ssh.dir, 'srv-'));
  live = join(root, 'app');
  staged = `${live}.staged-r1`;
});

async function take(gate: Gate, attempt: number): Promise<GateResult> {
  const { host: address, port, hostKey, user } = ssh;
  const run = stateAtSigning({
    plan: referencePlan({
      hosts: { contabo: { address, port, user, hostKey, credential: 'deploy' } },
      target: { host: 'contabo', livePath: live },
    }),
  });
  const worker = await roleWorker({
    ...{ data: join(root, `worker-${gate.kind}-${attempt}`), gate, signingKey },
    ...{ publicKeys: [controlPlane.signing.publicKey], privateKey: ssh.privateKeyPath },
  });
  const answer = await worker(signJob(unsignedJob(run, gate.kind, attempt), run, controlPlane));
  return readAnswer(answer, [signingKey.publicKey]).answer.result;
}

const exchanges: Gate = {
  kind: 'promote',
  run: (context) =>
    withTargetLock(context, async (held) => {
      const { digest: was } = await observeTree(here, live, held.signal);
      const { digest: becomes } = await observeTree(here, staged, held.signal);
      await exchangeTrees(held, { way, live, incoming: staged, outgoing: `${live}.pre`, was, becomes });
      held.record.check('exchanged', 'it was exchanged', true, { actual: 'yes' });
      return {};
    }),
};

const inode = async (path: string) => (await stat(path)).ino;
const look = async (attempt: number) => {
  const result = await take(observeLive, attempt);
  return { result, facts: readFacts('observe-live', result.facts) };
};

describe('two equal trees', () => {
  it('are exchanged once, though the exchange was cut off before the rename', async () => {
    for (const tree of [live, staged]) {
      await mkdir(tree);
      await writeFile(join(tree, 'VERSION'), 'the same');
    }
    const [old, brought] = [await inode(live), await inode(staged)];
    await ssh.pauseOn(`interlock ${staged} ${live}.pre`);
    const first = take(exchanges, 1);
    await ssh.paused();
    ssh.dropConnections();
    expect(await first).toMatchObject({ status: 'inconclusive', reason: { code: 'connection-lost' } });
    // By digest nothing has happened. The look tells whose directory it is; and raises its fence over what waits on the host.
    const { facts } = await look(1);
    expect(facts.inode).toBe(facts.begun?.incoming);
    expect(facts.begun?.gate).toBe('promote');
    await ssh.resume();
    expect(await take(exchanges, 2)).toMatchObject({ status: 'pass' });
    expect([await inode(live), await inode(`${live}.pre`)]).toEqual([brought, old]);
    expect((await readdir(root)).filter((name) => name.startsWith(basename(staged)))).toEqual([]);
  });
});

describe('a live tree that cannot be listed', () => {
  it('is said to be that from the third attempt on; before, it may be in motion', async () => {
    await mkdir(live);
    await writeFile(Buffer.concat([Buffer.from(`${live}/caf`), Buffer.from([0xe9])]), 'latin-1');
    for (const attempt of [1, 2]) {
      const { result } = await look(attempt);
      expect(result).toMatchObject({ status: 'inconclusive', reason: { code: 'output-unreadable' } });
    }
    const { result, facts } = await look(3);
    expect(result).toMatchObject({ status: 'pass', reason: null });
    expect(facts).toMatchObject({ tree: null, strange: expect.stringContaining('cannot be listed') });
    expect(facts.inode).toMatch(new RegExp(`:${await inode(live)}\\.`));
  });
});
