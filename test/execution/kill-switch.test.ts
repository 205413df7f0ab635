// The execution switch as a worker sees it: over a real Redis that goes away and forgets, and against whoever can write there.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newSigningKeys } from '../../src/attestation/keys.ts';
import { startSwitchPublisher } from '../../src/control-plane/publish-switch-state.ts';
import { createKillSwitch, type PublishedSwitch, publishSwitch } from '../../src/execution/kill-switch.ts';
import { type WaitParts, waitingSwitch } from '../../src/execution/wait-for-switch.ts';
import { openEmbeddedDatabase } from '../../src/ledger/embedded-database.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { isHeadMoved } from '../../src/ledger/ledger-error.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { openSignals } from '../../src/queue/open-signals.ts';
import type { Signals } from '../../src/queue/signals.ts';
import { openSwitchboard, type Switchboard } from '../../src/run/switchboard.ts';
import { type RedisFixture, startRedis } from '../fixtures/redis.ts';
import { stateAtSigning } from '../fixtures/run-events.ts';

const keys = newSigningKeys();
const others = newSigningKeys();
const trusted = [keys.signing.publicKey];
const scope = { plan: 'o8b-retry', run: 'o8b-retry-1' };
const person = { id: 'operator:test', name: 'the test' };
const switchKey = 'interlock:signal:interlock-execution-switch';

let redis: RedisFixture;
/** Whoever holds Redis. */
let attacker: Redis;
let bot: Signals;
let worker: Signals;

beforeAll(async () => {
  redis = await startRedis();
  attacker = new Redis(redis.url);
  attacker.on('error', () => undefined);
  bot = await openSignals({ kind: 'redis', url: redis.url });
  worker = await openSignals({ kind: 'redis', url: redis.url });
});
afterAll(async () => {
  attacker?.disconnect();
  await bot?.close();
  await worker?.close();
  await redis?.close();
});
beforeEach(() => attacker.flushall());

function state(seq: number, more: Partial<PublishedSwitch> = {}): PublishedSwitch {
  return { enabled: true, reason: 'on', seq, plans: {}, runs: {}, ...more };
}
const publish = (published: PublishedSwitch, at = Date.now(), by = keys) =>
  publishSwitch(bot, by.signing, published, at);
const recorded = async () => (await attacker.get(switchKey)) ?? '';
const replay = (envelope: string) => attacker.set(switchKey, envelope);
const reader = () => createKillSwitch(worker, trusted, Date.now);

describe('a reader of the switch', () => {
  it('finds off the plans that are off, and permits the others', async () => {
    await publish(state(3, { plans: { 'o8b-retry': 'hands off' } }));
    expect(await reader().read({ scope })).toEqual({ enabled: false, reason: 'hands off' });
    expect(await reader().read({ scope: { ...scope, plan: 'o9' } })).toMatchObject({ enabled: true });
    expect(await reader().read()).toMatchObject({ enabled: true });
  });

  it('believes a state for 30 s, and none that was signed in the future', async () => {
    for (const [at, enabled] of [
      [Date.now() - 25_000, true],
      [Date.now() - 31_000, false],
      [Date.now() + 60_000, false],
    ] as const) {
      await publish(state(1), at);
      expect((await reader().read({ scope })).enabled).toBe(enabled);
    }
  });

  it('permits nothing by a state that another key signed, nor by one that is no state', async () => {
    await publish(state(9), Date.now(), others);
    expect(await reader().read({ scope })).toMatchObject({ enabled: false, unreadable: 'refused' });
    await attacker.set(switchKey, 'on');
    expect(await reader().read({ scope })).toMatchObject({ enabled: false, unreadable: 'refused' });
  });

  it('permits nothing by the state from before a flip that it has seen', async () => {
    const killSwitch = reader();
    await publish(state(1));
    const before = await recorded();
    await publish(state(2, { enabled: false, reason: 'incident' }));
    expect(await killSwitch.read({ scope })).toEqual({ enabled: false, reason: 'incident' });
    await replay(before);
    expect(await killSwitch.read({ scope })).toMatchObject({ enabled: false, unreadable: 'refused' });
    await publish(state(3));
    expect(await killSwitch.read({ scope })).toMatchObject({ enabled: true });
  });

  it('remembers which runs lost their lock, though a replayed state lifts the ban', async () => {
    const killSwitch = reader();
    await publish(state(1));
    const before = await recorded();
    await publish(state(1, { runs: { [scope.run]: 'its lock was taken' } }));
    expect(await killSwitch.read({ scope })).toMatchObject({ enabled: false, reason: 'its lock was taken' });
    await replay(before);
    expect(await killSwitch.read({ scope })).toMatchObject({ enabled: false, reason: 'its lock was taken' });
    expect(await killSwitch.read({ scope: { ...scope, run: 'o8b-retry-2' } })).toMatchObject({
      enabled: true,
    });
  });

  it('is not led back by a read that began before an off and ends after it', async () => {
    await publish(state(1));
    const slow = Promise.withResolvers<void>();
    let reads = 0;
    const values = {
      ...worker,
      async get(key: string) {
        const found = await worker.get(key);
        reads += 1;
        if (reads === 1) await slow.promise;
        return found;
      },
    };
    const killSwitch = createKillSwitch(values, trusted, Date.now);
    const early = killSwitch.read({ scope });
    await expect.poll(() => reads, { timeout: 20_000 }).toBe(1);
    await publish(state(2, { enabled: false, reason: 'incident' }));
    expect(await killSwitch.read({ scope })).toMatchObject({ enabled: false, reason: 'incident' });
    slow.resolve();
    expect((await early).enabled).toBe(false);
    expect(await killSwitch.read({ scope })).toMatchObject({ enabled: false, reason: 'incident' });
  });
});

describe('a gate that asks for the switch', () => {
  const given = (more: Partial<WaitParts> = {}) => {
    const waiting = Promise.withResolvers<string>();
    const killSwitch = waitingSwitch(reader(), {
      scope,
      until: () => Date.now() + 60_000,
      signal: new AbortController().signal,
      now: Date.now,
      onWait: waiting.resolve,
      ...more,
    });
    return { read: killSwitch.read, waiting: waiting.promise };
  };

  it('waits while Redis has forgotten it, and goes on when it is published again', async () => {
    const { read, waiting } = given();
    const answer = read();
    expect(await waiting).toContain('publishes no execution switch');
    await publish(state(4));
    expect(await answer).toMatchObject({ enabled: true });
  });

  it('waits while Redis is away, and is told at once what is then said', async () => {
    await publish(state(4));
    await redis.stop();
    const { read, waiting } = given();
    const answer = read();
    expect(await waiting).toContain('cannot be read');
    await redis.restart();
    expect(await answer).toMatchObject({ enabled: true });
    await expect
      .poll(() =>
        publish(state(5, { enabled: false, reason: 'incident' })).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    expect(await given().read()).toEqual({ enabled: false, reason: 'incident' });
  });

  it('is told off at once by a state that says so, and never waits', async () => {
    await publish(state(4, { enabled: false, reason: 'incident' }));
    let waited = 0;
    expect(await given({ onWait: () => (waited += 1) }).read()).toEqual({
      enabled: false,
      reason: 'incident',
    });
    expect(waited).toBe(0);
  });

  it('waits no longer than its authorization holds, nor than its job', async () => {
    const until = Date.now() + 300;
    expect(await given({ until: () => until }).read()).toMatchObject({
      enabled: false,
      unreadable: 'absent',
      reason: expect.stringContaining(new Date(until).toISOString()),
    });
    const stop = new AbortController();
    const { read, waiting } = given({ signal: stop.signal });
    const answer = read();
    await waiting;
    stop.abort();
    expect(await answer).toMatchObject({ enabled: false, reason: expect.stringContaining('was stopped') });
    expect(await given().read({ longestWaitMs: 1 })).toMatchObject({ enabled: false, unreadable: 'absent' });
  });

  it('gives up on a state that nobody puts right, by the clocks of both', async () => {
    const signedAt = Date.parse('2026-05-21T12:00:00.000Z');
    await publish(state(1), signedAt);
    // This worker's clock is two minutes ahead, and 13 s pass between two looks at it.
    let clock = signedAt + 120_000;
    const now = () => (clock += 13_000);
    const killSwitch = createKillSwitch(worker, trusted, now);
    const { read } = waitingSwitch(killSwitch, {
      scope,
      until: () => clock + 3_600_000,
      signal: new AbortController().signal,
      now,
      onWait: () => undefined,
    });
    expect(await read()).toMatchObject({ unreadable: 'refused', reason: expect.stringContaining('clocks') });
  });
});

describe('the control plane', () => {
  let directory: string;
  let ledger: Ledger;
  let switchboard: Switchboard;
  const started = new AsyncDisposableStack();
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'interlock-switch-'));
    started.defer(() => rm(directory, { recursive: true, force: true }));
    const database = await openEmbeddedDatabase({ directory: join(directory, 'ledger') });
    started.defer(() => database.close());
    await migrate(database);
    ledger = await Ledger.open(database);
    started.defer(() => ledger.close());
    switchboard = await openSwitchboard({ ledger, configured: 'enabled', isHeadMoved });
  });
  afterAll(() => started.disposeAsync());

  const publisher = (unlocked: Parameters<typeof startSwitchPublisher>[0]['unlocked'] = []) =>
    startSwitchPublisher({
      switchboard,
      values: bot,
      key: keys.signing,
      unlocked,
      cancelJob: async () => undefined,
      log: { error: () => undefined },
    });

  it('publishes the switch again as soon as a Redis that lost it can be reached', async () => {
    const published = await publisher();
    // Nothing of the data survives: Redis is another one on the same port.
    await attacker.flushall();
    await redis.stop();
    const killSwitch = reader();
    expect(await killSwitch.read({ scope })).toMatchObject({ unreadable: 'absent' });
    await redis.restart();
    const back = Promise.withResolvers<void>();
    const stop = bot.onReconnect(back.resolve);
    await back.promise;
    stop();
    // Renewal is every 10 s; this is less than that, and Redis needs up to 2 s to be tried again by the reader.
    await expect.poll(async () => (await killSwitch.read({ scope })).enabled, { timeout: 4_000 }).toBe(true);
    published.stop();
  });

  it('publishes a flip of one plan, and of all', async () => {
    const published = await publisher();
    const turn = async (plan: string | null, enabled: boolean) => {
      await switchboard.flip({ plan, enabled, level: 0, by: person, reason: `${plan} ${enabled}` });
      await published.publish();
      return (await reader().read({ scope })).enabled;
    };
    expect(await turn('o8b-retry', false)).toBe(false);
    expect(await turn('o8b-retry', true)).toBe(true);
    expect(await turn('another', false)).toBe(true);
    expect(await turn(null, false)).toBe(false);
    expect(await turn(null, true)).toBe(true);
    published.stop();
  });

  it('remembers broken locks over a restart', async () => {
    const run = {
      ...stateAtSigning(),
      lockBroken: { by: person, reason: 'stuck', at: new Date().toISOString() },
    };
    const killSwitch = reader();
    (await publisher()).stop();
    expect(await killSwitch.read({ scope: { ...scope, run: run.runId } })).toMatchObject({ enabled: true });
    (await publisher([run])).stop();
    const banned = {
      enabled: false,
      lockBroken: true,
      reason: 'the test took the target’s lock from this run: stuck',
    };
    expect(await killSwitch.read({ scope: { ...scope, run: run.runId } })).toMatchObject(banned);
    expect(await killSwitch.read({ scope })).toMatchObject({ enabled: true });
  });

  it('does not take a flip back when of two reads of the ledger the earlier ends last', async () => {
    const slow = Promise.withResolvers<void>();
    let reads = 0;
    const slowly: Parameters<typeof openSwitchboard>[0]['ledger'] = {
      append: (...args) => ledger.append(...args),
      async read(...args) {
        const found = await ledger.read(...args);
        reads += 1;
        // The first is that of the opening.
        if (reads === 2) await slow.promise;
        return found;
      },
    };
    const board = await openSwitchboard({ ledger: slowly, configured: 'enabled', isHeadMoved });
    const on = board.flip({ plan: 'o9', enabled: true, level: 0, by: person, reason: 'a' });
    await expect.poll(() => reads, { timeout: 20_000 }).toBe(2);
    await board.flip({ plan: null, enabled: false, level: 0, by: person, reason: 'incident' });
    expect(board.forPlan('o9').reason).toContain('incident');
    slow.resolve();
    await on;
    expect(board.forPlan('o9').reason).toContain('incident');
  });
});
