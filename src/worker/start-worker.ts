// A worker: takes gates of its roles, decides them, gives their results back.
import type { Gate } from '../gate/context.ts';
import { gateJobSchema } from '../gate/job.ts';
import { processGate } from '../gate/process-gate.ts';
import type { JsonValue } from '../ledger/json-value.ts';
import type { QueueConnection } from '../queue/connection.ts';
import { startGateWorker } from '../queue/gate-worker.ts';
import { QueueError } from '../queue/queue-error.ts';
import type { Signals } from '../queue/signals.ts';
import { contextMaker, type WorkerParts } from './make-context.ts';

export interface WorkerOptions extends WorkerParts {
  readonly connection: QueueConnection;
  readonly signals: Signals;
  readonly roles: readonly string[];
  readonly concurrency: number;
  readonly gates: readonly Gate[];
  readonly log: {
    info(details: object, message: string): void;
    error(details: object, message: string): void;
    warn(details: object, message: string): void;
  };
}

export const cancelTopic = 'interlock-cancel';

/** Starts one BullMQ worker a role. `close` lets running gates end, at most `drainMs`, then stops them. */
export async function startWorker(
  options: WorkerOptions,
): Promise<{ close(drainMs: number): Promise<void> }> {
  const { connection, signals, roles, concurrency, gates, log } = options;
  const makeContext = contextMaker(options);
  const workers = await Promise.all(
    roles.map((role) =>
      startGateWorker({
        connection,
        role,
        concurrency,
        log,
        async process({ data, attempt }, signal, report) {
          const job = gateJobSchema.parse(data);
          log.info({ run: job.run, gate: job.gate }, 'gate begins');
          const result = await processGate(
            job,
            gates,
            makeContext,
            signal,
            (text) => report({ text }),
            attempt,
          );
          log.info({ run: job.run, gate: job.gate, status: result.status }, 'gate ended');
          // Stopped because this worker closes or lost the job: then the result is not the gate's, and another worker's is.
          if (signal.aborted && !(signal.reason instanceof QueueError && signal.reason.code === 'cancelled'))
            throw signal.reason;
          return result as unknown as JsonValue;
        },
      }),
    ),
  );
  // A job's signal is local to the process that holds it, so an abort is told to all.
  const unsubscribe = await signals.subscribe(cancelTopic, (jobId) => {
    for (const each of workers) each.cancel(jobId, 'the control plane cancelled it');
  });
  return {
    async close(drainMs) {
      await Promise.all(workers.map((worker) => worker.close({ drainMs })));
      await unsubscribe();
    },
  };
}
