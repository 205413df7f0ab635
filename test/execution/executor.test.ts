import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initKeys, type SigningKeys } from '../../src/attestation/keys.ts';
import {
  type Authorization,
  type Permit,
  signAuthorization,
  verifyAuthorization,
} from '../../src/execution/authorization.ts';
import { type Executor, LiveExecutor, SimulatedExecutor } from '../../src/execution/executor.ts';
import { createKillSwitch, type PublishedSwitch, publishSwitch } from '../../src/execution/kill-switch.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const intent = { kind: 'host.exchange', machine: 'contabo', target: '/srv/app', detail: 'swap' } as const;
let directory: string;
let keys: SigningKeys;
let others: SigningKeys;
let clock = Date.parse('2026-05-21T12:00:00.000Z');
const now = () => clock;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-executor-'));
  keys = await initKeys(join(directory, 'ours'));
  others = await initKeys(join(directory, 'others'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function permit(mode: 'LIVE' | 'DRYRUN'): Permit {
  const authorization: Authorization = {
    run: 'r1',
    gate: 'promote',
    attempt: 1,
    mode,
    planDigest: digest,
    jobDigest: digest,
    subjectDigest: null,
    approvers: [],
    hosts: ['contabo'],
    notBefore: new Date(clock - 60_000).toISOString(),
    notAfter: new Date(clock + 600_000).toISOString(),
  };
  return verifyAuthorization(
    signAuthorization(authorization, keys.signing),
    [keys.signing.publicKey],
    authorization,
    clock,
  );
}

/** Shared values as a worker sees them: whoever can write to the store writes here. */
function store() {
  const values = new Map<string, string>();
  return {
    values,
    get: async (key: string) => values.get(key) ?? null,
    set: async (key: string, value: string) => void values.set(key, value),
  };
}

/** Tools that say when they are touched. */
function tripwire() {
  const touched: string[] = [];
  return { touched, tools: { swap: async () => void touched.push('swap') } };
}

function published(enabled: boolean, reason: string, seq: number): PublishedSwitch {
  return { enabled, reason, seq, plans: {}, runs: {} };
}

async function live(enabled: boolean) {
  const shared = store();
  await publishSwitch(shared, keys.signing, published(enabled, 'test', 1), clock);
  const wire = tripwire();
  const killSwitch = createKillSwitch(shared, [keys.signing.publicKey], now);
  return { shared, wire, killSwitch, executor: new LiveExecutor(wire.tools, killSwitch, now) };
}

describe('the live executor', () => {
  it('mutates with a permit and an enabled switch, and journals it', async () => {
    const { executor, wire } = await live(true);
    expect(await executor.mutate(permit('LIVE'), intent, (tools) => tools.swap())).toMatchObject({
      done: true,
    });
    expect(wire.touched).toEqual(['swap']);
    expect(executor.journal).toMatchObject([{ ...intent, simulated: false }]);
  });

  it('reads the switch at every mutation: turned off between two, the second is refused', async () => {
    const { executor, wire, shared } = await live(true);
    await executor.mutate(permit('LIVE'), intent, (tools) => tools.swap());
    await publishSwitch(shared, keys.signing, published(false, 'incident', 2), clock);
    await expect(executor.mutate(permit('LIVE'), intent, (tools) => tools.swap())).rejects.toMatchObject({
      code: 'execution-disabled',
      message: expect.stringContaining('incident'),
    });
    expect(wire.touched).toEqual(['swap']);
    expect(executor.journal).toHaveLength(1);
  });

  it('never acts on a DRYRUN permit', async () => {
    const { executor, wire } = await live(true);
    await expect(executor.mutate(permit('DRYRUN'), intent, (tools) => tools.swap())).rejects.toMatchObject({
      code: 'authorization-foreign',
    });
    expect(wire.touched).toEqual([]);
  });

  it('refuses a permit that has run out meanwhile', async () => {
    const { executor, wire } = await live(true);
    const old = permit('LIVE');
    clock += 700_000;
    await expect(executor.mutate(old, intent, (tools) => tools.swap())).rejects.toMatchObject({
      code: 'authorization-expired',
    });
    expect(wire.touched).toEqual([]);
  });
});

describe('the simulated executor', () => {
  it('has no tools to hand out: DRYRUN cannot reach a mutating call', async () => {
    const { touched, tools } = tripwire();
    const executor = new SimulatedExecutor<typeof tools>(now);
    const asExecutor: Executor<typeof tools> = executor;
    expect(await asExecutor.mutate(permit('DRYRUN'), intent, (given) => given.swap())).toEqual({
      done: false,
    });
    expect(touched).toEqual([]);
    expect(executor.journal).toMatchObject([{ simulated: true }]);
  });
});

describe('the execution switch', () => {
  it('is off when nobody publishes it', async () => {
    expect((await createKillSwitch(store(), [keys.signing.publicKey], now).read()).enabled).toBe(false);
  });

  it('is off when another key signed it', async () => {
    const shared = store();
    await publishSwitch(shared, others.signing, published(true, 'attacker', 9), clock);
    expect((await createKillSwitch(shared, [keys.signing.publicKey], now).read()).enabled).toBe(false);
  });

  it('is off when an old signed state is replayed', async () => {
    const { shared, killSwitch } = await live(true);
    const recorded = new Map(shared.values);
    await publishSwitch(shared, keys.signing, published(false, 'incident', 2), clock);
    clock += 31_000;
    for (const [key, value] of recorded) shared.values.set(key, value);
    expect(await killSwitch.read()).toMatchObject({ enabled: false });
  });

  it('is off when it cannot be read', async () => {
    const broken = {
      get: async () => Promise.reject(new Error('connection refused')),
      set: async () => undefined,
    };
    expect((await createKillSwitch(broken, [keys.signing.publicKey], now).read()).enabled).toBe(false);
  });
});
