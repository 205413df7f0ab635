import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { startServer } from '../../src/demo/server-process.ts';
import { openEmbeddedDatabase } from '../../src/ledger/embedded-database.ts';
import type { QueueConnection } from '../../src/queue/connection.ts';
import { GateQueue } from '../../src/queue/gate-queue.ts';
import { startGateWorker } from '../../src/queue/gate-worker.ts';
import { QUICK } from './open-connections.ts';
import { settled } from './settled.ts';

it('keeps every acknowledged job of the embedded queue through kill -9, and runs the one in hand again', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'interlock-restart-'));
  const script = join(import.meta.dirname, 'enqueue-until-killed.ts');
  const acknowledged: string[] = [];
  const doomed = await startServer(process.execPath, [script, directory], /holding/);
  const { stdout } = doomed.child;
  if (stdout === null) throw new Error('expected the output of the other process');
  await new Promise<void>((resolve) => {
    createInterface({ input: stdout }).on('line', (line) => {
      if (line.startsWith('acknowledged ')) acknowledged.push(line.slice('acknowledged '.length));
      if (acknowledged.length === 50) resolve();
    });
  });

  await expect(openEmbeddedDatabase({ directory })).rejects.toMatchObject({ code: 'data-directory-in-use' });
  await doomed.stop('SIGKILL');
  const database = await openEmbeddedDatabase({ directory });
  const connection: QueueConnection = { kind: 'embedded', database };
  const queue = await GateQueue.open({ connection, timing: QUICK });
  for (const jobId of acknowledged)
    expect(await queue.outcome('parked', jobId)).toEqual({ state: 'waiting' });

  const worker = await startGateWorker({
    connection,
    role: 'held',
    concurrency: 1,
    timing: QUICK,
    process: async ({ attempt }) => ({ attempt }),
  });
  expect(await settled(queue, 'held', 'r0-G0-1')).toEqual({ state: 'completed', value: { attempt: 2 } });
  await worker.close({ drainMs: 0 });
  await queue.close();
  await database.close();
  await rm(directory, { recursive: true, force: true });
});
