import { Redis, type RedisOptions } from 'ioredis';
import { QueueError } from './queue-error.ts';
import type { QueueLog } from './queue-log.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const COMMAND_TIMEOUT_MS = 5_000;
const MAX_RETRY_MS = 2_000;

const retryStrategy = (times: number): number => Math.min(times * 100, MAX_RETRY_MS);

/**
 * A connection that waits for Redis: BullMQ's blocking reads demand that commands are never given up.
 *
 * BullMQ duplicates it for each blocking reader, and waits for ever for the end of a duplicate that is just
 * reconnecting. So this one remembers its duplicates, and ends them all itself.
 */
export class PatientRedis extends Redis {
  readonly #duplicates = new Set<Redis>();

  /** @throws QueueError `bad-redis-url` */
  constructor(url: string) {
    parseRedisUrl(url);
    super(url, { maxRetriesPerRequest: null, connectTimeout: CONNECT_TIMEOUT_MS, retryStrategy });
    this.on('error', reportedByItsUser);
  }

  override duplicate(override?: Partial<RedisOptions>): Redis {
    const duplicate = super.duplicate(override);
    duplicate.on('error', reportedByItsUser);
    this.#duplicates.add(duplicate);
    return duplicate;
  }

  /** Ends this connection and all its duplicates at once, also while Redis is away. */
  disconnectAll(): void {
    for (const client of [this, ...this.#duplicates]) client.disconnect();
  }
}

// BullMQ reports errors of its connections on the queue, event reader or worker; a client without any listener prints.
const reportedByItsUser = () => undefined;

/**
 * Connects a client whose commands fail at once while Redis is away; it keeps reconnecting by itself.
 * @throws QueueError `queue-unavailable` when Redis does not answer now, `bad-redis-url`
 */
export async function connectFailFast(url: string, log?: QueueLog): Promise<Redis> {
  parseRedisUrl(url);
  const client = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    retryStrategy,
  });
  client.on('error', (error) => log?.warn({ err: error }, 'the queue connection reported an error'));
  try {
    await client.connect();
    return client;
  } catch (cause) {
    client.disconnect();
    throw new QueueError(
      'queue-unavailable',
      `expected Redis to answer at ${describeRedis(url)}, got no connection; start it or correct REDIS_URL`,
      { cause },
    );
  }
}

/** Host and port of a Redis URL, without its credentials. */
export function describeRedis(url: string): string {
  const { hostname, port } = parseRedisUrl(url);
  return `${hostname}:${port === '' ? '6379' : port}`;
}

function parseRedisUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['redis:', 'rediss:'].includes(parsed.protocol) || parsed.hostname === '') {
    // The text is not shown: it may hold a password.
    throw new QueueError('bad-redis-url', 'expected REDIS_URL like redis://host:6379, got something else');
  }
  return parsed;
}
