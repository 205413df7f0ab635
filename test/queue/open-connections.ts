import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedDatabase } from '../../src/ledger/embedded-database.ts';
import type { QueueConnection } from '../../src/queue/connection.ts';
import type { QueueTiming } from '../../src/queue/timing.ts';
import { startRedis } from '../fixtures/redis.ts';

export interface OpenConnection {
  connection: QueueConnection;
  close(): Promise<void>;
}

/** The two stores that every queue test runs on. */
export const connections: { name: string; open: () => Promise<OpenConnection> }[] = [
  { name: 'Redis', open: openRedis },
  { name: 'the embedded database', open: openEmbedded },
];

/** Short, so that tests of a lost worker need not wait for production's 5 s. */
export const QUICK: QueueTiming = { lockMs: 1_500, stalledCheckMs: 1_000 };

async function openRedis(): Promise<OpenConnection> {
  const redis = await startRedis();
  return { connection: { kind: 'redis', url: redis.url }, close: () => redis.close() };
}

async function openEmbedded(): Promise<OpenConnection> {
  const parent = await mkdtemp(join(tmpdir(), 'interlock-queue-'));
  const directory = join(parent, 'data');
  const database = await openEmbeddedDatabase({ directory });
  return {
    connection: { kind: 'embedded', database },
    async close() {
      await database.close();
      await rm(parent, { recursive: true, force: true });
    },
  };
}
