import type { QueueConnection } from './connection.ts';
import { embeddedSignals } from './embedded-signals.ts';
import type { QueueLog } from './queue-log.ts';
import { openRedisSignals } from './redis-signals.ts';
import type { Signals } from './signals.ts';

/**
 * Opens the signals of a queue connection. On Redis every call fails at once while Redis is away, which readers of a
 * permission must treat as "not permitted". Embedded, they live in this process and are forgotten with it.
 * @throws QueueError `queue-unavailable`, `bad-redis-url`
 */
export async function openSignals(connection: QueueConnection, log?: QueueLog): Promise<Signals> {
  return connection.kind === 'redis'
    ? openRedisSignals(connection.url, log)
    : embeddedSignals(connection.database);
}
