/** A value that both drivers bind the same way. JSON goes in as text. */
export type SqlParameter = string | number | boolean | null;

export interface QueryResult {
  /** Rows as the driver returns them; the caller parses them with a zod schema. */
  rows: unknown[];
  /** Rows returned by a SELECT or RETURNING, else rows changed. */
  rowCount: number;
}

export interface Queryable {
  /** Runs one statement with `$1`-style parameters. */
  query(text: string, parameters?: readonly SqlParameter[]): Promise<QueryResult>;
}

/** What the ledger needs of a database: PostgreSQL over the network, or PGlite inside this process. */
export interface Database extends Queryable {
  /** Runs `work` in one transaction: commits when it resolves, rolls back when it rejects. */
  transaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T>;
  /**
   * Subscribes to a NOTIFY channel; resolves once the subscription holds, to the function that ends it.
   * Notifications are hints: some are lost while a connection is being rebuilt.
   */
  listen(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Where a database says what went wrong beside any call, such as a dropped idle connection. pino fits. */
export interface DatabaseLog {
  warn(fields: object, message: string): void;
}

/** The five-character SQLSTATE of a driver error (PostgreSQL manual, appendix A), if it carries one. */
export function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

export const UNIQUE_VIOLATION = '23505';
