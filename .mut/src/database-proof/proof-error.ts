/** Why a proof was not run. With any of these codes no statement of the proof has been executed, but for `aborted`. */
export type DatabaseProofErrorCode =
  | 'statement-refused'
  | 'execution-disabled'
  | 'unreachable'
  | 'server-too-old'
  | 'login-unconfined'
  | 'role-refused'
  | 'table-unreadable'
  | 'reach-refused'
  | 'catalog-unreadable'
  | 'aborted';

/** Decide on `code`; the message is for people and holds no connection string. */
export class DatabaseProofError extends Error {
  override readonly name = 'DatabaseProofError';
  readonly code: DatabaseProofErrorCode;
  /** Every refusal, for `statement-refused` and `reach-refused`. */
  readonly refusals: readonly string[];

  constructor(
    code: DatabaseProofErrorCode,
    message: string,
    options: { cause?: unknown; refusals?: readonly string[] } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.code = code;
    this.refusals = options.refusals ?? [];
  }
}
