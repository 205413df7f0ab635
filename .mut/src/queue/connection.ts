import {
  type BackendClasses,
  type BackendFactory,
  createPostgresBackend,
  createRedisBackend,
  type IQueueBackend,
  withBackend,
} from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { EmbeddedDatabase } from '../ledger/embedded-database.ts';
import { type EmbeddedPool, prepareEmbeddedQueue } from './embedded-pool.ts';
import type { QueueLog } from './queue-log.ts';
import { connectFailFast, PatientRedis } from './redis-client.ts';

/** Where the queue lives. The URL may hold a password and is never logged. */
export type QueueConnection =
  | { kind: 'redis'; url: string }
  | { kind: 'embedded'; database: EmbeddedDatabase };

type Factory = BackendFactory<IQueueBackend, QueueConnection>;

/** BullMQ's classes, bound to the store behind them. */
export interface QueueBackend {
  readonly classes: BackendClasses<IQueueBackend, QueueConnection>;
  /** The newest event of a queue now, so that a reader which starts there misses nothing that follows. */
  eventCursor(queueName: string): Promise<string>;
  /** Ends the connections, whatever state they are in. Close BullMQ's objects first. */
  close(): Promise<void>;
}

/**
 * The backend of the control plane. Its Redis commands fail at once while Redis is away, instead of waiting.
 * @throws QueueError `queue-unavailable`, `bad-redis-url`
 */
export async function openProducerBackend(
  connection: QueueConnection,
  log?: QueueLog,
): Promise<QueueBackend> {
  if (connection.kind === 'embedded') return embeddedBackend(connection);
  const client = await connectFailFast(connection.url, log);
  const patient = new PatientRedis(connection.url);
  return {
    classes: withBackend(redisFactory(patient, client)),
    eventCursor: () => redisEventCursor(client),
    async close() {
      patient.disconnectAll();
      client.disconnect();
    },
  };
}

/**
 * The backend of a worker. It waits for Redis for as long as it is away, and goes on when it is back.
 * @throws QueueError `bad-redis-url`
 */
export async function openWorkerBackend(connection: QueueConnection): Promise<QueueBackend> {
  if (connection.kind === 'embedded') return embeddedBackend(connection);
  const patient = new PatientRedis(connection.url);
  return {
    classes: withBackend(redisFactory(patient, patient)),
    eventCursor: async () => '$',
    close: async () => patient.disconnectAll(),
  };
}

function redisFactory(patient: PatientRedis, producer: Redis): Factory {
  return (name, options, kind = {}) => {
    const waits = kind.blocking === true || kind.withBlockingConnection === true;
    return createRedisBackend(name, { ...options, connection: waits ? patient : producer }, kind);
  };
}

// Ids of a Redis stream begin with the server's clock in ms.
async function redisEventCursor(client: Redis): Promise<string> {
  const [seconds, microseconds] = z.tuple([z.coerce.number(), z.coerce.number()]).parse(await client.time());
  return `${seconds * 1000 + Math.floor(microseconds / 1000)}-0`;
}

async function embeddedBackend(connection: QueueConnection & { kind: 'embedded' }): Promise<QueueBackend> {
  const pool = await prepareEmbeddedQueue(connection.database);
  const factory: Factory = (name, options, kind) =>
    createPostgresBackend(name, { ...options, connection: pool }, kind);
  return {
    classes: withBackend(factory),
    eventCursor: (queue) => embeddedEventCursor(pool, queue),
    // The database belongs to whoever opened it.
    close: async () => undefined,
  };
}

async function embeddedEventCursor(pool: EmbeddedPool, queue: string): Promise<string> {
  const { rows } = await pool.query('select coalesce(max(id), 0) as id from event where queue = $1', [queue]);
  return String(z.object({ id: z.coerce.number() }).parse(rows[0]).id);
}
