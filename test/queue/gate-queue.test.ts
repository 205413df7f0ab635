import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/ledger/json-value.ts';
import { GateQueue } from '../../src/queue/gate-queue.ts';
import { type GateProcess, type GateWorker, startGateWorker } from '../../src/queue/gate-worker.ts';
import { connections, type OpenConnection, QUICK } from './open-connections.ts';
import { settled } from './settled.ts';

describe.each(connections)('the gate queue on $name', ({ open }) => {
  let opened: OpenConnection;
  let queue: GateQueue;
  const workers: GateWorker[] = [];

  async function work(role: string, process: GateProcess): Promise<void> {
    const { connection } = opened;
    workers.push(await startGateWorker({ connection, role, concurrency: 2, process, timing: QUICK }));
  }

  beforeAll(async () => {
    opened = await open();
    queue = await GateQueue.open({ connection: opened.connection, timing: QUICK });
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close({ drainMs: 0 })));
  });
  afterAll(async () => {
    await queue?.close();
    await opened?.close();
  }, 30_000);

  it('carries data to the worker and its result back, byte for byte', async () => {
    const data: JsonValue = { z: 1, a: ['ü', '\u0000 and \u2028', 1e21, null], m: { y: true, b: false } };
    let seen: unknown;
    await work('echo', async (job) => {
      seen = job;
      return job.data;
    });
    await queue.enqueue('echo', 'r1-G0-1', data);
    const outcome = await settled(queue, 'echo', 'r1-G0-1');
    expect(seen).toEqual({ id: 'r1-G0-1', data, attempt: 1 });
    expect(outcome).toEqual({ state: 'completed', value: data });
    expect(JSON.stringify(outcome)).toBe(JSON.stringify({ state: 'completed', value: data }));
  });

  it('runs a job once, however often and however late it is enqueued', async () => {
    await Promise.all([1, 2, 3].map((n) => queue.enqueue('once', 'r1-G1-1', n)));
    const ran: JsonValue[] = [];
    await work('once', async ({ data }) => {
      ran.push(data);
      return data;
    });
    const outcome = await settled(queue, 'once', 'r1-G1-1');
    await queue.enqueue('once', 'r1-G1-1', 4);
    await queue.enqueue('once', 'r1-G1-2', 5);
    await settled(queue, 'once', 'r1-G1-2');
    expect(ran).toHaveLength(2);
    expect(await queue.outcome('once', 'r1-G1-1')).toEqual(outcome);
  });

  it('tells what became of a job at every stage', async () => {
    expect(await queue.outcome('stages', 'r1-G2-1')).toEqual({ state: 'absent' });
    await queue.enqueue('stages', 'r1-G2-1', null);
    expect(await queue.outcome('stages', 'r1-G2-1')).toEqual({ state: 'waiting' });

    const started = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<JsonValue>();
    await work('stages', async (_job, _signal, report) => {
      await report({ checked: 3, of: 9 });
      started.resolve();
      return finish.promise;
    });
    await started.promise;
    const active = await queue.outcome('stages', 'r1-G2-1');
    expect(active).toEqual({
      state: 'active',
      progress: { checked: 3, of: 9 },
      startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    finish.resolve('done');
    expect(await settled(queue, 'stages', 'r1-G2-1')).toEqual({ state: 'completed', value: 'done' });
  });

  it('hands a failure back with its message and does not try again', async () => {
    let calls = 0;
    await work('failing', async () => {
      calls += 1;
      throw new Error('expected 28 tests, got 27\u0000');
    });
    await queue.enqueue('failing', 'r1-G3-1', null);
    expect(await settled(queue, 'failing', 'r1-G3-1')).toEqual({
      state: 'failed',
      reason: 'expected 28 tests, got 27\u2400',
      attemptsMade: 1,
    });
    expect(calls).toBe(1);
  });

  it('hints at progress and at the end, with the role', async () => {
    const heard: unknown[] = [];
    const end = Promise.withResolvers<void>();
    const leave = [
      queue.onProgress((...hint) => heard.push(hint)),
      queue.onSettled((...hint) => {
        heard.push(hint);
        end.resolve();
      }),
    ];
    await queue.enqueue('hints', 'r1-G4-1', null);
    await work('hints', async (_job, _signal, report) => {
      await report('half');
      return null;
    });
    await end.promise;
    expect(heard).toEqual([
      ['r1-G4-1', 'half', 'hints'],
      ['r1-G4-1', 'hints'],
    ]);
    for (const stop of leave) stop();
  });

  it('loses no hint of many jobs in a row', async () => {
    await work('row', async () => null);
    const began = Date.now();
    for (let number = 1; number <= 60; number += 1) {
      const jobId = `r${number}-G0-1`;
      const hinted = Promise.withResolvers<void>();
      const leave = queue.onSettled((id) => {
        if (id === jobId) hinted.resolve();
      });
      await queue.enqueue('row', jobId, null);
      await hinted.promise;
      leave();
    }
    // One lost hint, or one that the worker missed, costs 5 to 10 s.
    expect(Date.now() - began).toBeLessThan(5_000);
  });

  it('counts the workers of a role, without its own stalled check', async () => {
    await queue.startStalledCheck('counted');
    await queue.startStalledCheck('counted');
    expect(await queue.workersOf('counted')).toBe(0);
    await work('counted', async () => null);
    await work('counted', async () => null);
    await expect.poll(() => queue.workersOf('counted')).toBe(2);
    await workers.pop()?.close({ drainMs: 0 });
    await expect.poll(() => queue.workersOf('counted')).toBe(1);
  });

  it('removes a job that waits, not one that a worker holds', async () => {
    await queue.enqueue('removed', 'r1-G5-1', null);
    expect(await queue.remove('removed', 'r1-G5-1')).toBe(true);
    expect(await queue.remove('removed', 'r1-G5-1')).toBe(false);
    expect(await queue.outcome('removed', 'r1-G5-1')).toEqual({ state: 'absent' });

    const started = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<JsonValue>();
    await work('removed', () => {
      started.resolve();
      return finish.promise;
    });
    await queue.enqueue('removed', 'r1-G5-2', null);
    await started.promise;
    expect(await queue.remove('removed', 'r1-G5-2')).toBe(false);
    finish.resolve(null);
    await settled(queue, 'removed', 'r1-G5-2');
  });

  it.each(['r1:G0:1', '17', '', 'r1 G0', '-r1'])('refuses the job id %j', async (jobId) => {
    await expect(queue.enqueue('echo', jobId, null)).rejects.toMatchObject({ code: 'bad-job-id' });
  });

  it.each(['', 'SSOT', 'a:b', '1a'])('refuses the role %j', async (role) => {
    await expect(queue.enqueue(role, 'r1-G0-1', null)).rejects.toMatchObject({ code: 'bad-role' });
  });
});
