// Run by embedded-restart.test.ts in a process of its own: prints every job id that was acknowledged, until killed.
import { openEmbeddedDatabase } from '../../src/ledger/embedded-database.ts';
import type { QueueConnection } from '../../src/queue/connection.ts';
import { GateQueue } from '../../src/queue/gate-queue.ts';
import { startGateWorker } from '../../src/queue/gate-worker.ts';
import { QUICK } from './open-connections.ts';

const [directory = ''] = process.argv.slice(2);
const database = await openEmbeddedDatabase({ directory });
const connection: QueueConnection = { kind: 'embedded', database };
const queue = await GateQueue.open({ connection, timing: QUICK });
await startGateWorker({
  connection,
  role: 'held',
  concurrency: 1,
  timing: QUICK,
  process: () => {
    process.stdout.write('holding\n');
    return new Promise<never>(() => undefined);
  },
});
await queue.enqueue('held', 'r0-G0-1', 'held');
for (let run = 1; ; run += 1) {
  await queue.enqueue('parked', `r${run}-G0-1`, run);
  process.stdout.write(`acknowledged r${run}-G0-1\n`);
}
