import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { announceAppend, listenForAppends } from './append-notice.ts';
import { type Database, type Queryable, sqlStateOf, UNIQUE_VIOLATION } from './database.ts';
import { GENESIS, type LedgerEvent, type LedgerHead, parseStoredLine, sealEvent } from './event.ts';
import type { JsonValue } from './json-value.ts';
import { LedgerError } from './ledger-error.ts';
import { listStreams, type StreamFilter, type StreamSummary } from './streams.ts';

/** What a caller appends. `at` is RFC 3339 in UTC with milliseconds; without it, the moment of the append. */
export interface NewEvent {
  type: string;
  data: JsonValue;
  at?: string;
}

export interface AppendOptions {
  /** Free text shown in lists, such as the plan's name. The stream's first append sets it, later ones leave it. */
  label?: string;
  /** Closes the stream with this append; every later append is refused, but for what may follow an end. */
  close?: boolean;
  /** Appends to a closed stream, which stays closed: only events of the types in `typesAfterEnd`. */
  afterEnd?: boolean;
}

/** What people may say of a run once it has ended. Nothing else is ever appended to a closed stream. */
export const typesAfterEnd: ReadonlySet<string> = new Set(['run.ruled']);

/** Says that a stream has grown to `head`. A hint: read the stream for the events. */
export type AppendListener = (notice: { stream: string; head: LedgerHead }) => void;

const headRow = z.object({ seq: z.number().int(), hash: z.string() });
const statusRow = z.object({ status: z.enum(['open', 'closed']) });
const lineRow = z.object({ line: z.string() });

/** Append-only, hash-chained streams of events. The truth of every run. */
export class Ledger {
  readonly #database: Database;
  readonly #origin = randomUUID();
  readonly #listeners = new Set<AppendListener>();
  #stopListening: () => Promise<void> = async () => undefined;

  private constructor(database: Database) {
    this.#database = database;
  }

  /** Opens the ledger of a migrated database and hears of appends by other processes from then on. */
  static async open(database: Database): Promise<Ledger> {
    const ledger = new Ledger(database);
    ledger.#stopListening = await listenForAppends(database, ledger.#origin, (notice) =>
      ledger.#tell(notice),
    );
    return ledger;
  }

  /**
   * Appends events after `expectedSeq`, all or none.
   * @param expectedSeq the seq of the head that the caller decided on; 0 for a new stream
   * @returns the events as any reader will see them
   * @throws LedgerError `head-moved` when someone else was first, `stream-closed`, `bad-event`
   */
  async append(
    stream: string,
    expectedSeq: number,
    events: readonly NewEvent[],
    options: AppendOptions = {},
  ): Promise<LedgerEvent[]> {
    if (events.length === 0)
      throw new LedgerError('bad-event', 'expected at least one event to append, got none');
    const appended = await this.#database
      .transaction((transaction) => this.#appendIn(transaction, stream, expectedSeq, events, options))
      .catch((cause: unknown) => {
        // The primary key (stream, seq) is the guard: of two writers that saw one head, the database stops the second.
        if (sqlStateOf(cause) === UNIQUE_VIOLATION)
          throw headMoved(stream, expectedSeq, undefined, { cause });
        throw cause;
      });
    const last = appended.at(-1);
    if (last !== undefined) this.#tell({ stream, head: { seq: last.seq, hash: last.hash } });
    return appended;
  }

  async #appendIn(
    transaction: Queryable,
    stream: string,
    expectedSeq: number,
    events: readonly NewEvent[],
    options: AppendOptions,
  ): Promise<LedgerEvent[]> {
    const status = await transaction.query(
      'select status from interlock.streams where stream = $1 for update',
      [stream],
    );
    const head = await readHead(transaction, stream);
    if (head.seq !== expectedSeq) throw headMoved(stream, expectedSeq, head.seq);
    if (status.rowCount === 0) {
      await transaction.query(
        `insert into interlock.streams (stream, label, status) values ($1, $2, 'open')`,
        [stream, options.label ?? ''],
      );
    }
    const isClosed = status.rowCount > 0 && statusRow.parse(status.rows[0]).status === 'closed';
    requireFitting(stream, isClosed, events, options);
    const appended = await insertEvents(transaction, stream, head, events);
    await transaction.query(
      'update interlock.streams set status = $2, changed_at = now() where stream = $1',
      [stream, isClosed || options.close === true ? 'closed' : 'open'],
    );
    await announceAppend(transaction, this.#origin, appended);
    return appended;
  }

  /** The events of a stream from seq `from` (default 1) on, oldest first; none for an unknown stream. */
  async read(stream: string, options: { from?: number } = {}): Promise<LedgerEvent[]> {
    return (await this.#lines(stream, options.from ?? 1)).map(parseStoredLine);
  }

  /** The newest event's seq and hash; seq 0 for a stream that does not exist yet. */
  head(stream: string): Promise<LedgerHead> {
    return readHead(this.#database, stream);
  }

  /** Streams, the newest first. `limit` defaults to 100. */
  streams(filter: StreamFilter = {}): Promise<StreamSummary[]> {
    return listStreams(this.#database, filter);
  }

  /**
   * A stream as JSON Lines, byte for byte as hashed; `verifyLines` checks them without a database.
   * @throws LedgerError `unknown-stream`
   */
  async exportLines(stream: string): Promise<string> {
    const lines = await this.#lines(stream, 1);
    if (lines.length === 0)
      throw new LedgerError('unknown-stream', `expected a stream named ${stream}, got none`);
    return lines.map((line) => `${line}\n`).join('');
  }

  /**
   * Calls `listener` after every append, by this process or by another one; returns the function that ends it.
   * Notices of other processes are lost while the connection is down: reconcile by reading now and then.
   */
  onAppend(listener: AppendListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stops listening. The database stays open: it belongs to whoever opened it. */
  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#stopListening();
  }

  async #lines(stream: string, from: number): Promise<string[]> {
    const { rows } = await this.#database.query(
      'select line from interlock.events where stream = $1 and seq >= $2 order by seq',
      [stream, from],
    );
    return rows.map((row) => lineRow.parse(row).line);
  }

  #tell(notice: { stream: string; head: LedgerHead }): void {
    // Apart from the append: a listener that throws must not make a committed append look like a failed one.
    for (const listener of this.#listeners) queueMicrotask(() => listener(notice));
  }
}

/** An event that may follow an end does so only where it was asked for, and nowhere else. */
function requireFitting(
  stream: string,
  isClosed: boolean,
  events: readonly NewEvent[],
  { afterEnd = false }: AppendOptions,
): void {
  const isForAfterwards = afterEnd && events.every(({ type }) => typesAfterEnd.has(type));
  if (isClosed && !isForAfterwards)
    throw new LedgerError(
      'stream-closed',
      `expected stream ${stream} to be open, got a closed one; open a new stream`,
    );
  if (!isClosed && (afterEnd || events.some(({ type }) => typesAfterEnd.has(type))))
    throw new LedgerError('stream-open', `expected stream ${stream} to have ended, got an open one`);
}

async function readHead(queryable: Queryable, stream: string): Promise<LedgerHead> {
  const { rows } = await queryable.query(
    'select seq, hash from interlock.events where stream = $1 order by seq desc limit 1',
    [stream],
  );
  return rows.length === 0 ? { seq: 0, hash: GENESIS } : headRow.parse(rows[0]);
}

async function insertEvents(
  transaction: Queryable,
  stream: string,
  head: LedgerHead,
  events: readonly NewEvent[],
): Promise<LedgerEvent[]> {
  const now = new Date().toISOString();
  const appended: LedgerEvent[] = [];
  for (const { type, data, at } of events) {
    const seq = head.seq + appended.length + 1;
    const prev = appended.at(-1)?.hash ?? head.hash;
    const { event, line } = sealEvent({ stream, seq, at: at ?? now, type, data, prev });
    await transaction.query(
      'insert into interlock.events (stream, seq, at, type, prev, hash, line) values ($1, $2, $3, $4, $5, $6, $7)',
      [stream, seq, event.at, type, prev, event.hash, line],
    );
    appended.push(event);
  }
  return appended;
}

function headMoved(
  stream: string,
  expected: number,
  got: number | undefined,
  options?: ErrorOptions,
): LedgerError {
  const found = got === undefined ? 'a newer one' : String(got);
  return new LedgerError(
    'head-moved',
    `expected the head of ${stream} at seq ${expected}, got ${found}; read the stream again and decide anew`,
    options,
  );
}
