import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSignals } from '../../src/queue/open-signals.ts';
import type { Signals } from '../../src/queue/signals.ts';
import { startRedis } from '../fixtures/redis.ts';
import { connections, type OpenConnection } from './open-connections.ts';

describe.each(connections)('signals over $name', ({ open }) => {
  let opened: OpenConnection;
  let bot: Signals;
  let worker: Signals;

  beforeAll(async () => {
    opened = await open();
    bot = await openSignals(opened.connection);
    worker = await openSignals(opened.connection);
  });
  afterAll(async () => {
    await bot?.close();
    await worker?.close();
    await opened?.close();
  }, 30_000);

  it('keeps a value for everyone, and null before it was set', async () => {
    expect(await worker.get('kill-switch')).toBeNull();
    await bot.set('kill-switch', 'signed state');
    expect(await worker.get('kill-switch')).toBe('signed state');
    await bot.set('kill-switch', 'newer state');
    expect(await worker.get('kill-switch')).toBe('newer state');
  });

  it('forgets a value after its time', async () => {
    await bot.set('short', 'value', 40);
    expect(await worker.get('short')).toBe('value');
    await expect.poll(() => worker.get('short')).toBeNull();
  });

  it('sends a message to every subscriber of its topic, until they leave', async () => {
    const heard: string[] = [];
    const last = Promise.withResolvers<void>();
    const leave = await worker.subscribe('abort', (message) => heard.push(`first ${message}`));
    await worker.subscribe('abort', (message) => {
      heard.push(`second ${message}`);
      if (message === 'r3') last.resolve();
    });
    await worker.subscribe('other', (message) => heard.push(`other ${message}`));
    await bot.publish('abort', 'r1');
    await expect.poll(() => heard.length).toBe(2);
    await leave();
    await bot.publish('abort', 'r2');
    await bot.publish('abort', 'r3');
    await last.promise;
    expect(heard).toEqual(['first r1', 'second r1', 'second r2', 'second r3']);
  });
});

it('fails fast while Redis is away and subscribes again by itself when it is back', async () => {
  const redis = await startRedis();
  const signals = await openSignals({ kind: 'redis', url: redis.url });
  const heard: string[] = [];
  await signals.subscribe('abort', (message) => heard.push(message));
  await signals.set('kill-switch', 'enabled');

  await redis.stop();
  await expect(signals.get('kill-switch')).rejects.toMatchObject({ code: 'queue-unavailable' });
  await redis.restart();
  await expect
    .poll(() => signals.get('kill-switch').catch(() => 'away'), { timeout: 10_000 })
    .toBe('enabled');
  await expect
    .poll(() => signals.publish('abort', 'again').then(() => heard.length), { timeout: 10_000 })
    .toBeGreaterThan(0);
  await signals.close();
  await redis.close();
}, 30_000);
