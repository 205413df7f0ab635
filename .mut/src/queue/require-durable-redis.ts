// LIVE runs on a queue that forgets would lose jobs: refuse at start, and say why.
import { checkRedis } from './check-redis.ts';
import { QueueError } from './queue-error.ts';

/** Throws QueueError `redis-not-durable` with every fault and its mend. */
export async function requireDurableRedis(url: string): Promise<void> {
  const faults = await checkRedis(url);
  if (faults.length === 0) return;
  throw new QueueError(
    'redis-not-durable',
    `this Redis may not carry LIVE runs:\n${faults.map(({ message, mend }) => `  - ${message}; ${mend}`).join('\n')}`,
  );
}
