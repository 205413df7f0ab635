// A worker that stands still in a promote keeps its connection, and with it the host's lock. Whoever may go on gets past it at
// once, and nothing that it does when it wakes up has any effect. On a real sshd.
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newSigningKeys } from '../../src/attestation/keys.ts';
import { startServer } from '../../src/demo/server-process.ts';
import type { KillSwitch } from '../../src/execution/kill-switch.ts';
import { changeHost, stashOf, withTargetLock } from '../../src/gate/change-host.ts';
import type { Gate, GateContext } from '../../src/gate/context.ts';
import type { GateJob } from '../../src/gate/job.ts';
import { raiseFence } from '../../src/gate/raise-fence.ts';
import { readAnswer } from '../../src/gate/signed-result.ts';
import { script } from '../../src/host/command.ts';
import { acquireLock } from '../../src/host/lock.ts';
import { SshHost } from '../../src/host/ssh-host.ts';
import type { RunState } from '../../src/run/state.ts';
import { projectRoot } from '../fixtures/interlock-process.ts';
import { type OpenSsh, startOpenSsh } from '../fixtures/openssh.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';
import { stateAtSigning } from '../fixtures/run-events.ts';
import { signJob, unsignedJob } from '../fixtures/signed-job.ts';
import { targetOf } from '../host/each-host.ts';
import { roleWorker } from './role-worker.ts';

const controlPlane = newSigningKeys();
const { signing: signingKey } = newSigningKeys();
let ssh: OpenSsh;
let root: string;
let live: string;

beforeAll(async () => {
  ssh = await startOpenSsh({ forceCommand: true });
});
afterAll(() => ssh?.close());
beforeEach(async () => {
  root = await mkdtemp(join(ssh.dir, 'srv-'));
  live = join(root, 'app');
});

function runOf(more: Partial<RunState> = {}): RunState {
  const { host: address, port, hostKey, user } = ssh;
  const plan = referencePlan({
    hosts: { contabo: { address, port, user, hostKey, credential: 'deploy' } },
    target: { host: 'contabo', livePath: live },
  });
  return { ...stateAtSigning({ plan }), ...more };
}

function jobOf(run: RunState, issued?: number): GateJob {
  return signJob(unsignedJob(run, 'promote'), run, controlPlane, issued);
}

const mark = (name: string) => script('mutate', 'mark', 'echo here > "$1"', [`${live}.${name}`]);

/** Changes the target as a promote does. */
async function actAs(name: string, context: GateContext): Promise<object> {
  const { write, change } = await raiseFence(context);
  await write('begin', { by: name });
  await change('host.exchange', live, mark(name));
  await write('end', { by: name });
  context.record.check('marked', 'the target was changed', true, { actual: name });
  return {};
}

const promote = (act: (context: GateContext) => Promise<object>): Gate => ({
  kind: 'promote',
  run: (context) => withTargetLock(context, act),
});

async function take(job: GateJob, gate: Gate, data: string, killSwitch?: KillSwitch) {
  const worker = await roleWorker({
    ...{ data: join(root, data), gate, signingKey, privateKey: ssh.privateKeyPath },
    publicKeys: [controlPlane.signing.publicKey],
    ...(killSwitch ? { killSwitch } : {}),
  });
  return readAnswer(await worker(job), [signingKey.publicKey]).answer.result;
}

/** A worker that holds the target and stands still; `wake` lets it go on, deaf to all that tells it to stop. */
async function standStill(job: GateJob) {
  const { promise: holds, resolve: onHold } = Promise.withResolvers<void>();
  const { promise: woken, resolve: wake } = Promise.withResolvers<void>();
  const refusals: string[] = [];
  const stuck = promote(async (context) => {
    const deaf = { ...context, signal: new AbortController().signal };
    const { write, change } = await raiseFence(deaf);
    onHold();
    await woken;
    for (const act of [
      () => changeHost(deaf, 'host.copy', live, mark('late')),
      () => change('host.exchange', live, mark('later')),
      () => write('end', { by: 'late' }),
    ])
      await act().catch((error: unknown) => refusals.push(String(error)));
    return {};
  });
  const ended = take(job, stuck, 'first');
  await holds;
  return {
    async wake() {
      wake();
      await ended;
      return refusals;
    },
  };
}

const marks = async () => (await readdir(root)).filter((name) => name.startsWith('app.'));
const journal = async () => await readFile(stashOf(live).journal, 'utf8').catch(() => '');
const fence = async () => (await readFile(stashOf(live).fence, 'utf8')).trim();

describe('a worker that stands still while it holds the target', () => {
  it.each<[string, (run: RunState) => { run: RunState; killSwitch?: KillSwitch; issued?: number }]>([
    ['the next start of the same gate', (run) => ({ run })],
    [
      'the run that takes its run back',
      (run) => ({ run: { ...run, runId: 'back-1', operation: 'rollback', subjectRun: run.runId } }),
    ],
    [
      'another run, once the lock was taken from it',
      (run) => ({
        run: { ...run, runId: 'other-1' },
        killSwitch: {
          read: async ({ scope } = {}) =>
            scope?.run === run.runId
              ? { enabled: false, reason: 'its lock was taken', lockBroken: true }
              : { enabled: true, reason: 'test' },
        },
      }),
    ],
  ])('does not keep off %s, and changes nothing when it wakes up', async (_, next) => {
    const first = runOf();
    const stuck = await standStill(jobOf(first));
    const { run, killSwitch } = next(first);
    const result = await take(
      jobOf(run),
      promote((context) => actAs('second', context)),
      'second',
      killSwitch,
    );
    expect(result).toMatchObject({ status: 'pass', reason: null });
    expect(result.mutations.find(({ kind }) => kind === 'host.lock')?.detail).toContain(
      `the hold of run ${first.runId} (promote) is void`,
    );
    expect(await stuck.wake()).toEqual(
      Array(3).fill(expect.stringContaining('another attempt has taken over')),
    );
    expect(await marks()).toEqual(['app.second']);
    expect((await journal()).match(/"by":"(\w+)"/g)).toEqual(['"by":"second"', '"by":"second"']);
  });

  it('keeps off a run of which nobody says that it may get past it, which raises no fence', async () => {
    const first = runOf();
    const stuck = await standStill(jobOf(first));
    const raised = await fence();
    const other = jobOf({ ...first, runId: 'other-1' });
    expect(
      await take(
        other,
        promote((context) => actAs('second', context)),
        'second',
      ),
    ).toMatchObject({
      status: 'blocked',
      reason: { code: 'locked', text: expect.stringContaining(`for run ${first.runId}`) },
    });
    expect(await fence()).toBe(raised);
    expect(await stuck.wake()).toEqual([]);
    expect(await marks()).toEqual(['app.late', 'app.later']);
  });

  it('does not keep off anybody once its authorization has ended', async () => {
    const host = new SshHost(targetOf(ssh));
    const { lock, fence: path } = stashOf(live);
    await acquireLock(
      host,
      lock,
      {
        ...{ owner: 'mac-ssot', run: 'old-1', reason: 'promote', since: '2026-03-01T12:00:00.000Z' },
        ...{ token: 'old-1/promote/1/x', until: '2026-03-01T13:00:00.000Z' },
      },
      { takeover: { fence: path, token: 'old-1/promote/1/x', was: '', end: [] } },
    );
    const result = await take(
      jobOf(runOf()),
      promote((context) => actAs('second', context)),
      'second',
    );
    expect(result).toMatchObject({ status: 'pass' });
    await host.close();
  });

  it('by SIGSTOP, in a process of its own, is got past and held off too', async () => {
    const directory = join(root, 'config');
    await mkdir(directory);
    const job = jobOf(runOf());
    await writeFile(join(directory, 'job.json'), JSON.stringify(job));
    await writeFile(
      join(directory, 'control.pem'),
      controlPlane.signing.publicKey.export({ type: 'spki', format: 'pem' }),
    );
    await writeFile(join(directory, 'login'), ssh.privateKey, { mode: 0o600 });
    const args = ['test/worker/promote-until-frozen.ts', directory];
    const frozen = await startServer(process.execPath, args, /^holds$/m, { cwd: projectRoot });
    let said = '';
    frozen.child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    frozen.child.kill('SIGSTOP');
    const result = await take(
      job,
      promote((context) => actAs('second', context)),
      'second',
    );
    expect(result).toMatchObject({ status: 'pass', reason: null });
    frozen.child.kill('SIGCONT');
    await expect.poll(() => said, { timeout: 60_000 }).toContain('went on');
    expect(said.match(/^(change|exchange|journal): .*taken over/gm)).toHaveLength(3);
    expect(await marks()).toEqual(['app.second']);
    await frozen.stop('SIGKILL');
  });
});

describe('two that may both get past a holder', () => {
  it('do not both go on', async () => {
    const first = runOf();
    const stuck = await standStill(jobOf(first));
    const held: { name: string; from: number; to: number }[] = [];
    const slowly = (name: string) =>
      promote(async (context) => {
        const from = performance.now();
        const facts = await actAs(name, context);
        held.push({ name, from, to: performance.now() });
        return facts;
      });
    const results = await Promise.all([
      take(jobOf(first), slowly('second'), 'second'),
      take(jobOf(first), slowly('third'), 'third'),
    ]);
    // Each may end the other's hold, since both are of one run. Whoever acted to the end acted alone; who lost says so.
    const [one, other] = held.toSorted((a, b) => a.from - b.from);
    if (one && other) expect(other.from).toBeGreaterThanOrEqual(one.to);
    for (const { status, reason } of results)
      if (status !== 'pass') expect(['locked', 'fenced-off', 'lock-lost']).toContain(reason?.code);
    await stuck.wake();
    expect(await marks()).not.toContain('app.late');
  });
});
