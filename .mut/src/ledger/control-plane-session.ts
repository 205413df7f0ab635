// One connection that holds, or tries to get, PostgreSQL's advisory lock of the control plane. The server frees the lock when
// the connection ends in any way, so no stale one can exist.
import { Socket } from 'node:net';
import { hostname } from 'node:os';
import pg from 'pg';
import { z } from 'zod';
import { sqlStateOf } from './database.ts';

/** Two-part keys ("ILCK", 1) are apart from the single keys that migrations lock by. They count per database. */
const KEY = [0x494c434b, 1] as const;
const LOCK_NOT_AVAILABLE = '55P03';
/** PostgreSQL cuts application_name off here (NAMEDATALEN - 1). */
const MOST_NAME_BYTES = 63;

/** How long, in ms, a server may take to answer before its connection counts as lost. */
export interface SessionPatience {
  readonly answerMs: number;
}

/** Who holds the lock, as far as the server shows it. */
export interface LockHolder {
  /** Of its connection on the server, for `pg_terminate_backend`. */
  readonly backend: number;
  readonly name: string;
  readonly since: string;
}

const lockedRow = z.object({ locked: z.boolean() });
const holderRow = z.object({
  backend: z.number(),
  name: z.string().nullable(),
  since: z.string().nullable(),
});

export class ControlPlaneSession {
  readonly #client: pg.Client;
  readonly #socket = new Socket();
  /** Resolves when the connection is gone, for whatever reason. */
  readonly ended: Promise<void>;

  readonly #answerMs: number;

  private constructor(dsn: string, { answerMs }: SessionPatience) {
    this.#answerMs = answerMs;
    this.#client = new pg.Client({
      connectionString: dsn,
      keepAlive: true,
      connectionTimeoutMillis: answerMs,
      stream: () => this.#socket,
    });
    this.ended = new Promise((resolve) => this.#client.once('end', () => resolve()));
    // Everything that matters of an error shows in `ended` or in the call that it hits.
    this.#client.on('error', () => this.drop());
    this.#socket.on('error', () => this.drop());
  }

  /** Connects under `name`. Rejects as the driver does. */
  static async open(dsn: string, name: string, patience: SessionPatience): Promise<ControlPlaneSession> {
    const session = new ControlPlaneSession(dsn, patience);
    try {
      await session.#client.connect();
      // Not by the connection string, which may name another. Then: a peer that has lost its power or its network must not
      // hold the lock for the two hours that TCP would give it; without an answer the server ends its connection after 25 s.
      await session.#ask(
        `select set_config('application_name', $1, false), set_config('tcp_keepalives_idle', '10', false),
                set_config('tcp_keepalives_interval', '5', false), set_config('tcp_keepalives_count', '3', false)`,
        [name],
      );
      return session;
    } catch (error) {
      session.drop();
      throw error;
    }
  }

  /** Takes the lock if it is free now. */
  async tryLock(): Promise<boolean> {
    const [row] = await this.#ask('select pg_try_advisory_lock($1, $2) as locked', [...KEY]);
    return lockedRow.parse(row).locked;
  }

  /** Takes the lock, waiting for its holder for `waitMs` at most. False when that was too short. */
  async lockWithin(waitMs: number): Promise<boolean> {
    await this.#ask(`select set_config('lock_timeout', $1, false)`, [String(Math.max(1, waitMs))]);
    try {
      await this.#ask('select pg_advisory_lock($1, $2)', [...KEY], waitMs + this.#answerMs);
      return true;
    } catch (error) {
      if (sqlStateOf(error) === LOCK_NOT_AVAILABLE) return false;
      throw error;
    }
  }

  /** Who holds the lock; null when it has become free. */
  async holder(): Promise<LockHolder | null> {
    const rows = await this.#ask(
      `select l.pid as backend, a.application_name as name, to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since
         from pg_locks l left join pg_stat_activity a on a.pid = l.pid
        where l.locktype = 'advisory' and l.classid::bigint = $1 and l.objid::bigint = $2 and l.objsubid = 2 and l.granted
          and l.database = (select oid from pg_database where datname = current_database())`,
      [...KEY],
    );
    if (rows.length === 0) return null;
    const { backend, name, since } = holderRow.parse(rows[0]);
    return { backend, name: name ?? '', since: since ?? 'an unknown time' };
  }

  /** Ends another connection of the same account on the server. */
  async terminate(backend: number): Promise<void> {
    await this.#ask('select pg_terminate_backend($1, 2000)', [backend]);
  }

  /** Asks the server for an answer; rejects when none comes in time. The lock lives as long as the connection. */
  async prove(): Promise<void> {
    await this.#ask('select 1');
  }

  /** Frees the lock: resolves once the server has been told. */
  async close(): Promise<void> {
    const said = this.#client.end().catch(() => undefined);
    await Promise.race([said, this.ended]);
    this.drop();
  }

  /** The rows of one statement. Rejects when they do not come in time: a line that was cut is silent. */
  async #ask(text: string, values: (string | number)[] = [], mostMs = this.#answerMs): Promise<unknown[]> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`expected an answer within ${mostMs} ms, got none`)),
      mostMs,
    );
    try {
      return (await Promise.race([this.#client.query(text, values), late])).rows;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Lets go of a connection that may no longer answer. */
  drop(): void {
    this.#socket.destroy();
  }
}

/** The name of a connection of this process: `token` tells it from a process before it that had the same pid. */
export function sessionName(token: string): string {
  const name = `interlock:${token}:${process.pid}@${hostname()}`.replace(/[^\x20-\x7e]/g, '?');
  return name.slice(0, MOST_NAME_BYTES);
}

/** What to call a holder before people. */
export function describeHolder({ name, since, backend }: LockHolder): string {
  const [, pid, host] = /^interlock:[^:]*:(\d+)@(.+)$/.exec(name) ?? [];
  const who = pid === undefined ? 'a process that does not show its name' : `pid ${pid} on ${host}`;
  return `${who}, connected since ${since} (server process ${backend})`;
}
