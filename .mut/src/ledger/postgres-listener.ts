import pg from 'pg';
import type { DatabaseLog } from './database.ts';

const RECONNECT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 10_000;

interface ListenOptions {
  dsn: string;
  /** A plain lower-case identifier; it is written into the statement. */
  channel: string;
  onPayload: (payload: string) => void;
  log: DatabaseLog | undefined;
}

/**
 * Holds one connection of its own on LISTEN and rebuilds it after a drop, every second until it is told to stop.
 * Rejects when the first connection cannot be made.
 */
export async function listenOnPostgres(options: ListenOptions): Promise<() => Promise<void>> {
  let stopped = false;
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString: options.dsn,
      keepAlive: true,
      // A server that takes the connection and says nothing must not end the listening for good.
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: 'interlock-listen',
    });
    let ended = false;
    next.once('end', () => {
      ended = true;
      if (client === next) scheduleReconnect();
    });
    next.on('error', (error) => options.log?.warn({ err: error }, 'the notification connection was lost'));
    next.on('notification', (message) => options.onPayload(message.payload ?? ''));
    try {
      await next.connect();
      await next.query(`LISTEN ${options.channel}`);
      // The end may come with the answer, before anybody holds the connection.
      if (ended) throw new Error('expected the connection to hold, got its end');
    } catch (error) {
      await next.end().catch(() => undefined);
      throw error;
    }
    if (stopped) return next.end();
    client = next;
  }

  function scheduleReconnect(): void {
    if (stopped) return;
    client = undefined;
    retry = setTimeout(() => connect().catch(scheduleReconnect), RECONNECT_MS);
  }

  await connect();
  return async () => {
    stopped = true;
    clearTimeout(retry);
    await client?.end();
  };
}
