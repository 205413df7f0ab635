import type { QueueBackend, QueueConnection } from './connection.ts';
import { queueName } from './job-names.ts';
import type { QueueLog } from './queue-log.ts';
import { MAX_STALLED_COUNT, type QueueTiming } from './timing.ts';

/** The name by which the control plane's own checker is told from workers that serve the role. */
export const STALLED_CHECK_WORKER = 'stalled-check';

/** BullMQ's objects for one role, on the control plane's side. */
export type RoleQueue = Awaited<ReturnType<typeof openRoleQueue>>;

/** Opens the queue of a role and starts to read its events from this moment on. */
export async function openRoleQueue(
  role: string,
  {
    backend,
    connection,
    timing,
    log,
  }: {
    backend: QueueBackend;
    connection: QueueConnection;
    timing: QueueTiming;
    log: QueueLog | undefined;
  },
) {
  const name = queueName(role);
  const onError = (error: Error) => log?.warn({ err: error, queue: name }, 'the queue reported an error');
  const { Queue, QueueEvents, Worker } = backend.classes;

  const jobs = new Queue(name, { connection });
  jobs.on('error', onError);
  const events = new QueueEvents(name, { connection, lastEventId: await backend.eventCursor(name) });
  events.on('error', onError);

  /** A worker that takes no jobs: it only returns those of dead workers, also when no worker is left to do it. */
  async function openStalledCheck() {
    const checker = new Worker(name, null, {
      connection,
      name: STALLED_CHECK_WORKER,
      lockDuration: timing.lockMs,
      stalledInterval: timing.stalledCheckMs,
      maxStalledCount: MAX_STALLED_COUNT,
    });
    checker.on('error', onError);
    checker.on('stalled', (jobId) =>
      log?.info({ jobId, queue: name }, 'the job of a dead worker was taken back'),
    );
    await checker.startStalledCheckTimer();
    return checker;
  }

  return { jobs, events, openStalledCheck };
}
