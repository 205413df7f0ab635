import { QueueError } from './queue-error.ts';

/** The BullMQ queue of a role. @throws QueueError `bad-role` */
export function queueName(role: string): string {
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(role)) {
    throw new QueueError(
      'bad-role',
      `expected a role of lower-case letters, digits and hyphens, got ${JSON.stringify(role)}; fix the plan's role name`,
    );
  }
  return `interlock-${role}`;
}

/**
 * Passes a job id that BullMQ keeps as it is: it refuses `:` (its separator in Redis keys) and bare integers
 * (which it hands out itself).
 * @throws QueueError `bad-job-id`
 */
export function checkJobId(jobId: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(jobId) || /^\d+$/.test(jobId)) {
    throw new QueueError(
      'bad-job-id',
      `expected a job id like <run>-<gate>-<attempt> of letters, digits, ".", "_" and "-", got ${JSON.stringify(jobId)}`,
    );
  }
  return jobId;
}
