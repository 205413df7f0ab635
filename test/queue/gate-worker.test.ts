import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/ledger/json-value.ts';
import { GateQueue } from '../../src/queue/gate-queue.ts';
import { type GateProcess, type GateWorker, startGateWorker } from '../../src/queue/gate-worker.ts';
import { connections, type OpenConnection, QUICK } from './open-connections.ts';
import { settled } from './settled.ts';

/** A job that starts, says so, and ends when it is let go or when its signal aborts. */
function heldProcess() {
  const started = Promise.withResolvers<AbortSignal>();
  const letGo = Promise.withResolvers<JsonValue>();
  const process: GateProcess = (_job, signal) => {
    started.resolve(signal);
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
    return Promise.race([letGo.promise, aborted]);
  };
  return { process, started: started.promise, letGo: letGo.resolve };
}

describe.each(connections)('a gate worker on $name', ({ open }) => {
  let opened: OpenConnection;
  let queue: GateQueue;
  const workers: GateWorker[] = [];

  async function work(role: string, process: GateProcess): Promise<GateWorker> {
    const { connection } = opened;
    const worker = await startGateWorker({ connection, role, concurrency: 1, process, timing: QUICK });
    workers.push(worker);
    return worker;
  }

  beforeAll(async () => {
    opened = await open();
    queue = await GateQueue.open({ connection: opened.connection, timing: QUICK });
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close({ drainMs: 0, obeyMs: 0 })));
  });
  afterAll(async () => {
    await queue?.close();
    await opened?.close();
  }, 30_000);

  it('waits on close for the job in hand and takes no other', async () => {
    const held = heldProcess();
    const worker = await work('drained', held.process);
    await queue.enqueue('drained', 'r1-G0-1', null);
    const signal = await held.started;
    await queue.enqueue('drained', 'r1-G1-1', null);

    const closed = worker.close({ drainMs: 20_000 });
    held.letGo('finished');
    await closed;
    expect(signal.aborted).toBe(false);
    expect(await queue.outcome('drained', 'r1-G0-1')).toEqual({ state: 'completed', value: 'finished' });
    expect(await queue.outcome('drained', 'r1-G1-1')).toEqual({ state: 'waiting' });
  });

  it('aborts a job that outlasts the drain; the job goes back and another worker gets it', async () => {
    const held = heldProcess();
    const worker = await work('handed-back', held.process);
    await queue.enqueue('handed-back', 'r1-G0-1', null);
    const signal = await held.started;
    await worker.close({ drainMs: 50 });
    expect(signal.reason).toMatchObject({ name: 'QueueError', code: 'worker-closing' });
    expect(await queue.outcome('handed-back', 'r1-G0-1')).toMatchObject({ state: 'waiting' });

    await work('handed-back', async ({ attempt }) => ({ attempt }));
    expect(await settled(queue, 'handed-back', 'r1-G0-1')).toEqual({
      state: 'completed',
      value: { attempt: 2 },
    });
  });

  it('closes without a job that ignores its signal; the stalled check gives it to another worker', async () => {
    await queue.startStalledCheck('deaf');
    const started = Promise.withResolvers<void>();
    const worker = await work('deaf', () => {
      started.resolve();
      return new Promise<never>(() => undefined);
    });
    await queue.enqueue('deaf', 'r1-G0-1', null);
    await started.promise;
    await worker.close({ drainMs: 10, obeyMs: 10 });
    expect(await queue.outcome('deaf', 'r1-G0-1')).toMatchObject({ state: 'active' });

    await work('deaf', async ({ attempt }) => ({ attempt }));
    expect(await settled(queue, 'deaf', 'r1-G0-1')).toEqual({ state: 'completed', value: { attempt: 2 } });
  }, 15_000);

  it('keeps a job for as long as it runs, past several lock times', async () => {
    await queue.startStalledCheck('long');
    let starts = 0;
    await work('long', async (_job, signal) => {
      starts += 1;
      await new Promise((resolve) => setTimeout(resolve, QUICK.lockMs * 2.5));
      return { aborted: signal.aborted };
    });
    await queue.enqueue('long', 'r1-G0-1', null);
    expect(await settled(queue, 'long', 'r1-G0-1')).toEqual({
      state: 'completed',
      value: { aborted: false },
    });
    expect(starts).toBe(1);
  }, 15_000);

  it('cancels a job that it holds, and that job fails with what it throws', async () => {
    const held = heldProcess();
    const worker = await work('cancelled', held.process);
    await queue.enqueue('cancelled', 'r1-G0-1', null);
    const signal = await held.started;
    expect(worker.cancel('r1-G9-1', 'none of mine')).toBe(false);
    expect(worker.cancel('r1-G0-1', 'the run was stopped')).toBe(true);
    expect(signal.reason).toMatchObject({ code: 'cancelled' });
    expect(await settled(queue, 'cancelled', 'r1-G0-1')).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('the run was stopped'),
    });
  });
});
