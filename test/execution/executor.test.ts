import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { initKeys, type SigningKeys } from '../../src/attestation/keys.ts';
import {
  type Authorization,
  type Permit,
  signAuthorization,
  verifyAuthorization,
} from '../../src/execution/authorization.ts';
import { type Executor, LiveExecutor, SimulatedExecutor } from '../../src/execution/executor.ts';
import { createKillSwitch, type PublishedSwitch, publishSwitch } from '../../src/execution/kill-switch.ts';
import { type Nonces, openNonces } from '../../src/execution/nonces.ts';

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
    nonce: randomBytes(16).toString('hex'),
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
  const nonces = await openNonces(join(directory, randomUUID()), now);
  const executor = new LiveExecutor({ toolsFor: () => wire.tools, killSwitch, nonces, now });
  return { shared, wire, killSwitch, nonces, executor };
}

/** A permit whose gate has begun. */
async function begun({ nonces }: Awaited<ReturnType<typeof live>>, mode: 'LIVE' | 'DRYRUN' = 'LIVE') {
  const made = permit(mode);
  await nonces.begin(made);
  return made;
}

describe('the live executor', () => {
  it('mutates with a permit and an enabled switch, and journals it', async () => {
    const opened = await live(true);
    const { executor, wire } = opened;
    expect(await executor.mutate(await begun(opened), intent, (tools) => tools.swap())).toMatchObject({
      done: true,
    });
    expect(wire.touched).toEqual(['swap']);
    expect(executor.journal).toMatchObject([{ ...intent, simulated: false }]);
  });

  it('reads the switch at every mutation: turned off between two, the second is refused', async () => {
    const opened = await live(true);
    const { executor, wire, shared } = opened;
    const own = await begun(opened);
    await executor.mutate(own, intent, (tools) => tools.swap());
    await publishSwitch(shared, keys.signing, published(false, 'incident', 2), clock);
    await expect(executor.mutate(own, intent, (tools) => tools.swap())).rejects.toMatchObject({
      code: 'execution-disabled',
      message: expect.stringContaining('incident'),
    });
    expect(wire.touched).toEqual(['swap']);
    expect(executor.journal).toHaveLength(1);
  });

  it.each<[string, (values: Map<string, string>) => void]>([
    ['that is not there', (values) => values.clear()],
    ['that nobody has signed', (values) => void [...values.keys()].map((key) => values.set(key, '{}'))],
  ])('takes a switch %s for no word of anybody: it is unreadable, not disabled', async (_, spoil) => {
    const opened = await live(true);
    const { executor, wire, shared } = opened;
    const own = await begun(opened);
    spoil(shared.values);
    await expect(executor.mutate(own, intent, (tools) => tools.swap())).rejects.toMatchObject({
      code: 'switch-unreadable',
    });
    expect(wire.touched).toEqual([]);
  });

  it.each<[string, string, (opened: Awaited<ReturnType<typeof live>>) => Promise<Permit>]>([
    ['a DRYRUN permit', 'authorization-foreign', (opened) => begun(opened, 'DRYRUN')],
    [
      'a permit that has run out meanwhile',
      'authorization-expired',
      async (opened) => {
        const old = await begun(opened);
        clock += 700_000;
        await publishSwitch(opened.shared, keys.signing, published(true, 'test', 1), clock);
        return old;
      },
    ],
    ['a permit with which no gate has begun', 'authorization-spent', async () => permit('LIVE')],
    [
      'a permit whose gate has ended',
      'authorization-spent',
      async (opened) => {
        const old = await begun(opened);
        await opened.nonces.end(old, 'the answer');
        return old;
      },
    ],
    ['a copy of a permit', 'unauthorized', async (opened) => ({ ...(await begun(opened)) })],
    [
      'an object that was cast into a permit',
      'unauthorized',
      async () => JSON.parse(JSON.stringify(permit('LIVE'))) as Permit,
    ],
  ])('refuses %s, and says what was not done', async (_, code, made) => {
    const opened = await live(true);
    const { executor, wire } = opened;
    await expect(executor.mutate(await made(opened), intent, (tools) => tools.swap())).rejects.toMatchObject({
      code,
      message: expect.stringContaining('host.exchange of /srv/app on contabo was not done'),
    });
    expect(wire.touched).toEqual([]);
    expect(executor.journal).toEqual([]);
  });

  it.each<[string, string, (permit: Permit, nonces: Nonces) => Promise<unknown>]>([
    ['has run out', 'authorization-expired', async () => (clock += 700_000)],
    ['was spent', 'authorization-spent', (own, nonces) => nonces.end(own, 'the answer')],
  ])('refuses a permit that %s while the switch was waited for', async (_, code, meanwhile) => {
    const { wire, nonces } = await live(true);
    const own = permit('LIVE');
    await nonces.begin(own);
    const killSwitch = {
      async read() {
        await meanwhile(own, nonces);
        return { enabled: true, reason: 'test' };
      },
    };
    const executor = new LiveExecutor({ toolsFor: () => wire.tools, killSwitch, nonces, now });
    await expect(executor.mutate(own, intent, (tools) => tools.swap())).rejects.toMatchObject({ code });
    expect(wire.touched).toEqual([]);
  });

  it('refuses a machine that the permit does not name', async () => {
    const opened = await live(true);
    const { executor, wire } = opened;
    const elsewhere = { ...intent, machine: 'db-1' };
    await expect(
      executor.mutate(await begun(opened), elsewhere, (tools) => tools.swap()),
    ).rejects.toMatchObject({ code: 'machine-not-permitted', message: expect.stringContaining('db-1') });
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

  it.each<[string, () => Permit, string]>([
    ['a LIVE permit', () => permit('LIVE'), 'contabo'],
    ['a forged permit', () => ({ ...permit('DRYRUN') }), 'contabo'],
    ['a machine that the permit does not name', () => permit('DRYRUN'), 'db-1'],
  ])('refuses %s as a live one would', async (_, made, machine) => {
    const executor = new SimulatedExecutor<object>(now);
    await expect(executor.mutate(made(), { ...intent, machine })).rejects.toMatchObject({
      name: 'ExecutionError',
    });
    expect(executor.journal).toEqual([]);
  });
});

describe('a permit', () => {
  it('cannot be widened after it was verified', () => {
    const own = permit('LIVE');
    expect(() => Object.assign(own, { hosts: ['db-1'] })).toThrow(TypeError);
    expect(() => Object.assign(own.hosts, { 0: 'db-1' })).toThrow(TypeError);
  });

  // Read by the compiler: each of these lines would be a fault of `npm test` if it compiled.
  it('is asked for by the compiler', () => {
    const check = async (executor: Executor<object>, authorization: Authorization) => {
      // @ts-expect-error -- no permit at all
      await executor.mutate(undefined, intent, async () => undefined);
      // @ts-expect-error -- an authorization that nobody has verified
      await executor.mutate(authorization, intent, async () => undefined);
      // @ts-expect-error -- every field of one, but made by hand
      const made: Permit = { ...authorization };
      // @ts-expect-error -- a change without the permit in front
      await executor.mutate(intent, async () => undefined);
      return made;
    };
    expectTypeOf(check).parameter(0).toEqualTypeOf<Executor<object>>();
    expectTypeOf<Authorization>().not.toExtend<Permit>();
    expectTypeOf<Permit>().toExtend<Pick<Authorization, 'nonce' | 'run' | 'notAfter'>>();
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
