/**
 * What is needed of a PostgreSQL client; a connected `pg.Client` is one. How a client reads types is its own affair: statements here ask
 * for text where they look at a value.
 */
export interface PgConnection {
  query(text: string, params?: unknown[]): Promise<{ readonly rows: readonly Record<string, unknown>[] }>;
  end(): Promise<void>;
}
