import type { PgConnection } from '../../src/live/pg-connection.ts';
import type { ConnectionProvider } from '../../src/live/production-adapter.ts';

/**
 * Lends a session to the production adapter inside a transaction that is rolled back whatever happens. Every statement of the adapter
 * reaches the server as it is, but for the three that begin and end its transaction: those become a savepoint and what ends it, so that a
 * phase still sees what the phases before it have written, and still takes back what it has begun.
 *
 * What this cannot show is a commit; that is the point of it.
 */
export async function rollbackOnly<T>(
  session: PgConnection,
  action: (connections: ConnectionProvider) => Promise<T>,
): Promise<T> {
  await session.query('BEGIN');
  try {
    return await action(async () => new LentConnection(session));
  } finally {
    await session.query('ROLLBACK');
  }
}

const INSTEAD: Readonly<Record<string, readonly string[]>> = {
  BEGIN: ['SAVEPOINT phase'],
  COMMIT: ['SET CONSTRAINTS ALL IMMEDIATE', 'RELEASE SAVEPOINT phase'],
  ROLLBACK: ['ROLLBACK TO SAVEPOINT phase', 'RELEASE SAVEPOINT phase'],
};

class LentConnection implements PgConnection {
  readonly #session: PgConnection;

  constructor(session: PgConnection) {
    this.#session = session;
  }

  async query(text: string, params?: unknown[]) {
    const instead = INSTEAD[text];
    if (instead === undefined) return this.#session.query(text, params);
    for (const statement of instead) await this.#session.query(statement);
    return { rows: [] };
  }

  /** The session is not the adapter's to end. */
  async end() {}
}
