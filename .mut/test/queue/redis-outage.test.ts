import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServer } from '../../src/demo/server-process.ts';
import type { JsonValue } from '../../src/ledger/json-value.ts';
import type { QueueConnection } from '../../src/queue/connection.ts';
import { GateQueue } from '../../src/queue/gate-queue.ts';
import { startGateWorker } from '../../src/queue/gate-worker.ts';
import { type RedisFixture, startRedis } from '../fixtures/redis.ts';
import { QUICK } from './open-connections.ts';
import { settled } from './settled.ts';

describe('the queue on Redis, when something dies', () => {
  let redis: RedisFixture;
  let connection: QueueConnection;
  let queue: GateQueue;

  beforeEach(async () => {
    redis = await startRedis();
    connection = { kind: 'redis', url: redis.url };
    queue = await GateQueue.open({ connection, timing: QUICK });
  }, 20_000);
  afterEach(async () => {
    await queue.close();
    await redis.close();
  });

  it('gives the job of a worker process that was killed with -9 to another worker', async () => {
    await queue.startStalledCheck('ssot');
    const script = join(import.meta.dirname, 'work-until-killed.ts');
    const doomed = await startServer(process.execPath, [script, redis.url, 'ssot'], /ready/);
    const { stdout } = doomed.child;
    if (stdout === null) throw new Error('expected the output of the worker process');
    const holds = new Promise((resolve) => createInterface({ input: stdout }).on('line', resolve));
    await queue.enqueue('ssot', 'r1-G1-1', 'payload');
    expect(await holds).toBe('holds r1-G1-1');
    await doomed.stop('SIGKILL');
    await expect.poll(() => queue.workersOf('ssot')).toBe(0);

    const worker = await startGateWorker({
      connection,
      role: 'ssot',
      concurrency: 1,
      timing: QUICK,
      process: async ({ data, attempt }) => ({ data, attempt }),
    });
    expect(await settled(queue, 'ssot', 'r1-G1-1')).toEqual({
      state: 'completed',
      value: { data: 'payload', attempt: 2 },
    });
    await worker.close({ drainMs: 0 });
  }, 30_000);

  it('aborts a job whose lock was lost, and another start of it ends the job', async () => {
    const client = new Redis(redis.url);
    await queue.startStalledCheck('deploy');
    const reasons: unknown[] = [];
    const first = Promise.withResolvers<void>();
    const worker = await startGateWorker({
      connection,
      role: 'deploy',
      concurrency: 1,
      timing: QUICK,
      process: async ({ attempt }, signal) => {
        if (attempt > 1) return { attempt };
        first.resolve();
        return new Promise<never>((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason);
            reject(signal.reason);
          });
        });
      },
    });
    await queue.enqueue('deploy', 'r1-G5-1', null);
    await first.promise;
    await client.set('bull:interlock-deploy:r1-G5-1:lock', 'another worker', 'PX', 1_000);
    expect(await settled(queue, 'deploy', 'r1-G5-1')).toEqual({ state: 'completed', value: { attempt: 2 } });
    expect(reasons).toEqual([expect.objectContaining({ code: 'lock-lost' })]);
    await worker.close({ drainMs: 0 });
    client.disconnect();
  }, 30_000);

  it('fails fast while Redis is away, stops the job in hand when its lock lapses, and goes on when Redis is back', async () => {
    await queue.startStalledCheck('deploy');
    const started = Promise.withResolvers<void>();
    const lost = Promise.withResolvers<unknown>();
    const worker = await startGateWorker({
      connection,
      role: 'deploy',
      concurrency: 1,
      timing: QUICK,
      process: async ({ attempt }, signal) => {
        if (attempt > 1) return { attempt };
        started.resolve();
        return new Promise<never>((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            lost.resolve(signal.reason);
            reject(signal.reason);
          });
        });
      },
    });
    await queue.enqueue('deploy', 'r1-G5-1', null);
    await started.promise;
    await redis.stop();
    expect(await lost.promise).toMatchObject({ code: 'lock-lost' });
    const asked = Date.now();
    await expect(queue.enqueue('deploy', 'r1-G6-1', null)).rejects.toMatchObject({
      code: 'queue-unavailable',
    });
    await expect(queue.outcome('deploy', 'r1-G5-1')).rejects.toMatchObject({ code: 'queue-unavailable' });
    expect(Date.now() - asked).toBeLessThan(1_000);

    await redis.restart();
    await expect
      .poll(() => queue.outcome('deploy', 'r1-G5-1').catch(() => 'away'), { timeout: 10_000 })
      .not.toBe('away');
    expect(await settled(queue, 'deploy', 'r1-G5-1')).toEqual({ state: 'completed', value: { attempt: 2 } });
    await worker.close({ drainMs: 0 });
  }, 40_000);

  it('starts a worker while Redis is away; it works once Redis is there', async () => {
    await redis.stop();
    const { promise: done, resolve } = Promise.withResolvers<JsonValue>();
    const worker = await startGateWorker({
      connection,
      role: 'late',
      concurrency: 1,
      timing: QUICK,
      process: async ({ data }) => {
        resolve(data);
        return null;
      },
    });
    await redis.restart();
    await expect
      .poll(
        () =>
          queue.enqueue('late', 'r1-G0-1', 'work').then(
            () => 'taken',
            () => 'away',
          ),
        { timeout: 10_000 },
      )
      .toBe('taken');
    expect(await done).toBe('work');
    await worker.close({ drainMs: 1_000 });
  }, 30_000);

  it('closes a worker within its time though Redis is away', async () => {
    const started = Promise.withResolvers<void>();
    const worker = await startGateWorker({
      connection,
      role: 'deploy',
      concurrency: 1,
      timing: QUICK,
      process: (_job, signal) =>
        new Promise<never>((_resolve, reject) => {
          started.resolve();
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    });
    await queue.enqueue('deploy', 'r1-G5-1', null);
    await started.promise;
    await redis.stop();
    const asked = Date.now();
    await worker.close({ drainMs: 50, obeyMs: 100 });
    expect(Date.now() - asked).toBeLessThan(9_000);
  }, 20_000);

  it('refuses to open without Redis, and says where it looked but not with which password', async () => {
    const refused = GateQueue.open({ connection: { kind: 'redis', url: 'redis://:hunter2@127.0.0.1:1' } });
    await expect(refused).rejects.toMatchObject({
      code: 'queue-unavailable',
      message: expect.stringContaining('127.0.0.1:1'),
    });
    await expect(refused).rejects.not.toThrow(/hunter2/);
  });

  it('refuses an address that is no Redis URL', async () => {
    const connection: QueueConnection = { kind: 'redis', url: 'http://:hunter2@host' };
    await expect(GateQueue.open({ connection })).rejects.toMatchObject({ code: 'bad-redis-url' });
    await expect(
      startGateWorker({ connection, role: 'deploy', concurrency: 1, process: async () => null }),
    ).rejects.toMatchObject({ code: 'bad-redis-url' });
  });
});
