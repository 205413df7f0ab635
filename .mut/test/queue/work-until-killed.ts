// Run by redis-outage.test.ts in a process of its own: takes one job and never ends it.
import { startGateWorker } from '../../src/queue/gate-worker.ts';
import { QUICK } from './open-connections.ts';

const [url = '', role = ''] = process.argv.slice(2);
await startGateWorker({
  connection: { kind: 'redis', url },
  role,
  concurrency: 1,
  timing: QUICK,
  process: (job) => {
    process.stdout.write(`holds ${job.id}\n`);
    return new Promise<never>(() => undefined);
  },
});
process.stdout.write('ready\n');
