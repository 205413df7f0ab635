// A worker: takes gates of its roles, decides them, gives their results back.
import type { SigningKey } from '../attestation/keys.ts';
import type { Gate } from '../gate/context.ts';
import { gateJobSchema } from '../gate/job.ts';
import type { QueueConnection } from '../queue/connection.ts';
import { startGateWorker } from '../queue/gate-worker.ts';
import type { Signals } from '../queue/signals.ts';
import { jobAnswerer } from './answer-job.ts';
import { contextMaker, type WorkerParts } from './make-context.ts';

export interface WorkerOptions extends WorkerParts {
  readonly connection: QueueConnection;
  readonly signals: Signals;
  readonly roles: readonly string[];
  readonly concurrency: number;
  readonly gates: readonly Gate[];
  /** This worker's own: it signs its results with it, and the control plane believes no other. */
  readonly signingKey: SigningKey;
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
  const { connection, signals, roles, concurrency, log } = options;
  const answer = jobAnswerer({ ...options, makeContext: contextMaker(options) });
  const workers = await Promise.all(
    roles.map((role) =>
      startGateWorker({
        connection,
        role,
        concurrency,
        log,
        process: ({ data, attempt }, signal, report) =>
          answer(gateJobSchema.parse(data), attempt, signal, (text) => report({ text })),
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
