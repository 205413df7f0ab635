// A worker: takes gates of its roles, decides them, gives their results back.
import type { Gate } from '../gate/context.ts';
import { gateJobSchema } from '../gate/job.ts';
import { processGate } from '../gate/process-gate.ts';
import type { JsonValue } from '../ledger/json-value.ts';
import type { QueueConnection } from '../queue/connection.ts';
import { startGateWorker } from '../queue/gate-worker.ts';
import type { Signals } from '../queue/signals.ts';
import { contextMaker, type WorkerParts } from './make-context.ts';

export interface WorkerOptions extends WorkerParts {
  readonly connection: QueueConnection;
  readonly signals: Signals;
  readonly roles: readonly string[];
  readonly concurrency: number;
  readonly gates: readonly Gate[];
  readonly log: { info(details: object, message: string): void; error(details: object, message: string): void; warn(details: object, message: string): void };
}

export const cancelTopic = 'interlock-cancel';

/** Starts one BullMQ worker a role. `close` lets running gates end, at most `drainMs`, then stops them. */
export async function startWorker(options: WorkerOptions): Promise<{ close(drainMs: number): Promise<void> }> {
  const { connection, signals, roles, concurrency, gates, log } = options;
  const makeContext = contextMaker(options);
  const running = new Map<string, AbortController>();
  const unsubscribe = await signals.subscribe(cancelTopic, (jobId) => running.get(jobId)?.abort(new Error('cancelled by the control plane')));
  const workers = await Promise.all(
    roles.map((role) =>
      startGateWorker({
        connection,
        role,
        concurrency,
        log,
        async process({ id, data }, lost, report) {
          const job = gateJobSchema.parse(data);
          const cancel = new AbortController();
          running.set(id, cancel);
          try {
            log.info({ run: job.run, gate: job.gate }, 'gate begins');
            const result = await processGate(job, gates, makeContext, AbortSignal.any([lost, cancel.signal]), (text) => report({ text }));
            log.info({ run: job.run, gate: job.gate, status: result.status }, 'gate ended');
            return result as unknown as JsonValue;
          } finally {
            running.delete(id);
          }
        },
      }),
    ),
  );
  return {
    async close(drainMs) {
      await Promise.all(workers.map((worker) => worker.close({ drainMs })));
      await unsubscribe();
    },
  };
}
