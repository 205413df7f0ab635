export type LedgerErrorCode =
  /** Another writer appended to the stream first; read the new head and decide again. */
  | 'head-moved'
  /** The stream was closed by an earlier append. */
  | 'stream-closed'
  /** What may only follow the end of a stream came before it. */
  | 'stream-open'
  | 'unknown-stream'
  | 'unknown-posting'
  /** The event cannot be written in canonical JSON, or a name is malformed. */
  | 'bad-event'
  | 'data-directory-in-use'
  /** Another control plane holds the database's lock. */
  | 'control-plane-running'
  /** The lock's connection is lost, and nobody knows yet who holds it. */
  | 'control-plane-unsure'
  /** The database was migrated by a newer release. */
  | 'schema-newer'
  | 'database-unreachable'
  /** The connection ended in the middle of an operation, which is tried again by the next sweep. */
  | 'connection-lost'
  /** A stored line does not have the shape of a ledger event. */
  | 'corrupt-line';

/** A fault of the ledger or of the database under it. Decide by `code`; the message is for people. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly code: LedgerErrorCode;

  constructor(code: LedgerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Another writer was first: read again and decide anew. */
export function isHeadMoved(error: unknown): boolean {
  return error instanceof LedgerError && (error.code === 'head-moved' || error.code === 'stream-closed');
}
