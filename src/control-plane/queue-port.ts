// The queue as the coordinator uses it: every role that it asks about is watched, and what a failed job said is redacted.
import type { GateQueue } from '../queue/gate-queue.ts';
import type { QueuePort } from '../run/ports.ts';
import type { RoleWatch } from './watch-roles.ts';

export function queuePort(
  queue: Pick<GateQueue, 'enqueue' | 'outcome' | 'remove'>,
  roles: Pick<RoleWatch, 'watch'>,
  redact: (text: string) => string,
): QueuePort {
  return {
    async enqueue(role, jobId, data) {
      await roles.watch(role);
      await queue.enqueue(role, jobId, data);
    },
    async outcome(role, jobId) {
      await roles.watch(role);
      const outcome = await queue.outcome(role, jobId);
      // A job that failed before its worker could redact anything: the error is whatever a library made of it.
      return outcome.state === 'failed' ? { ...outcome, reason: redact(outcome.reason) } : outcome;
    },
    withdraw: (role, jobId) => queue.remove(role, jobId),
  };
}
