import type { GateQueue, JobOutcome } from '../../src/queue/gate-queue.ts';

/** Waits until a job has ended: on the hint, and by asking now and then as the coordinator does. */
export async function settled(queue: GateQueue, role: string, jobId: string): Promise<JobOutcome> {
  const { promise, resolve, reject } = Promise.withResolvers<JobOutcome>();
  const ask = () =>
    queue.outcome(role, jobId).then((outcome) => {
      if (outcome.state === 'completed' || outcome.state === 'failed') resolve(outcome);
    }, reject);
  const leave = queue.onSettled((id) => {
    if (id === jobId) void ask();
  });
  const timer = setInterval(ask, 500);
  await ask();
  return promise.finally(() => {
    clearInterval(timer);
    leave();
  });
}
