import type { PGlite, Transaction } from '@electric-sql/pglite';
import { type PgNotification, type PgPool, type PgPoolClient, type PgQueryable, runMigrations } from 'bullmq';
import type { EmbeddedDatabase } from '../ledger/embedded-database.ts';

type NotificationListener = (message: PgNotification) => void;

const prepared = new WeakMap<EmbeddedDatabase, Promise<EmbeddedPool>>();

/**
 * Makes the embedded database ready to carry BullMQ's queues, once: schema `bullmq`, its migrations, the search
 * path. A worker that starts on an unmigrated schema would spin, so this comes before any.
 */
export function prepareEmbeddedQueue(database: EmbeddedDatabase): Promise<EmbeddedPool> {
  const known = prepared.get(database);
  if (known !== undefined) return known;
  const pool = migrateQueue(database.pglite).then(() => new EmbeddedPool(database.pglite));
  prepared.set(database, pool);
  return pool;
}

async function migrateQueue(pglite: PGlite): Promise<void> {
  // In a transaction of PGlite, because the ledger shares the session: its statements must not fall into ours.
  await pglite.transaction((transaction) => runMigrations(migrationClient(transaction)));
  await pglite.exec('set search_path to bullmq, public');
}

function migrationClient(transaction: Transaction): PgQueryable {
  return {
    async query<R>(text: string, parameters?: readonly unknown[]) {
      if (['BEGIN', 'COMMIT', 'ROLLBACK'].includes(text)) return { rows: [] };
      if (parameters !== undefined) return transaction.query<R>(text, [...parameters]);
      // A migration is many statements in one text, which only `exec` takes; no caller reads rows of those.
      if (!/^\s*select/i.test(text)) await transaction.exec(text);
      else return transaction.query<R>(text);
      return { rows: [] };
    },
  };
}

/** The little of `pg.Pool` that BullMQ's PostgreSQL backend uses, over one PGlite instance in this process. */
export class EmbeddedPool implements PgPool {
  /** Tells BullMQ that the notification connection cannot drop unnoticed: there is no network. */
  readonly options = { keepAlive: true };
  readonly #pglite: PGlite;

  constructor(pglite: PGlite) {
    this.#pglite = pglite;
  }

  query<R>(text: string, parameters: readonly unknown[] = []): Promise<{ rows: R[]; rowCount: number }> {
    return runQuery<R>(this.#pglite, text, parameters);
  }

  async connect(): Promise<PgPoolClient> {
    return new EmbeddedClient(this.#pglite);
  }

  /** Does nothing: the instance belongs to whoever opened the database. */
  async end(): Promise<void> {}

  /** Does nothing: connections inside one process report no errors. */
  on(): this {
    return this;
  }

  removeAllListeners(): this {
    return this;
  }
}

/**
 * The connection on which one BullMQ object waits for notifications.
 *
 * BullMQ looks for work, and only then starts to wait; what is announced in between it would miss, and sleep for
 * seconds. So announcements that nobody listens to are kept, and told to the next listener. A needless one costs
 * BullMQ one look.
 */
class EmbeddedClient implements PgPoolClient {
  readonly #pglite: PGlite;
  readonly #listeners = new Set<NotificationListener>();
  readonly #unheard = new Map<string, PgNotification>();
  readonly #stop: () => void;

  constructor(pglite: PGlite) {
    this.#pglite = pglite;
    this.#stop = pglite.onNotification((channel, payload) => this.#announce({ channel, payload }));
  }

  query<R>(text: string, parameters: readonly unknown[] = []): Promise<{ rows: R[]; rowCount: number }> {
    return runQuery<R>(this.#pglite, text, parameters);
  }

  on(event: string, listener: NotificationListener | ((error: Error) => void) | (() => void)): this {
    // Of 'error' and 'end' there is nothing to tell: this connection has no network.
    if (event !== 'notification') return this;
    const heard = listener as NotificationListener;
    this.#listeners.add(heard);
    const unheard = [...this.#unheard.values()];
    this.#unheard.clear();
    for (const message of unheard) queueMicrotask(() => heard(message));
    return this;
  }

  removeListener(_event: 'notification', listener: NotificationListener): this {
    this.#listeners.delete(listener);
    return this;
  }

  removeAllListeners(): this {
    this.#listeners.clear();
    return this;
  }

  release(): void {
    this.removeAllListeners();
    this.#stop();
  }

  #announce(message: PgNotification): void {
    for (const listener of this.#listeners) listener(message);
    if (this.#listeners.size === 0) this.#unheard.set(`${message.channel} ${message.payload}`, message);
  }
}

async function runQuery<R>(
  pglite: PGlite,
  text: string,
  parameters: readonly unknown[],
): Promise<{ rows: R[]; rowCount: number }> {
  const result = await pglite.query<R>(text, [...parameters]);
  return { rows: result.rows, rowCount: result.rowCount ?? result.rows.length };
}
