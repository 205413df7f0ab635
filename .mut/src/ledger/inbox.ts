import type { Database } from './database.ts';

/** Remembers which deliveries were handled, because Slack and others deliver some of them more than once. */
export class Inbox {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * True for the first caller with this event, in any process; false ever after, until it is pruned.
   * @param source who numbers the events, such as `slack`
   */
  async firstSeen(source: string, eventId: string): Promise<boolean> {
    const { rowCount } = await this.#database.query(
      'insert into interlock.inbox (source, event_id) values ($1, $2) on conflict do nothing',
      [source, eventId],
    );
    return rowCount === 1;
  }

  /** True when this event was marked by `firstSeen`, in any process, and not pruned since. Marks nothing. */
  async wasSeen(source: string, eventId: string): Promise<boolean> {
    const { rowCount } = await this.#database.query(
      'select 1 from interlock.inbox where source = $1 and event_id = $2',
      [source, eventId],
    );
    return rowCount > 0;
  }

  /** Forgets what was seen longer ago than `olderThanMs`; returns how many. Keep more than the sender's retry time. */
  async prune(olderThanMs: number): Promise<number> {
    const { rowCount } = await this.#database.query(
      `delete from interlock.inbox where seen_at < now() - $1 * interval '1 millisecond'`,
      [olderThanMs],
    );
    return rowCount;
  }
}
