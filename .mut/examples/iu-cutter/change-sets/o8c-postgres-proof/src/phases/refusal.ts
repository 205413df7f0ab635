/** Why nothing was done. */
export type RefusalCode =
  | 'unknown-mode'
  | 'empty-plan'
  | 'execution-disabled'
  | 'not-a-live-adapter'
  | 'no-dsn'
  | 'no-client'
  | 'backup-not-provisioned'
  | 'not-authorized'
  | 'content-missing'
  | 'state-mismatch'
  | 'not-verified'
  | 'bad-dsn';

/** The program declines. A phase that refuses inside its transaction has rolled it back. */
export class Refusal extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Refusal';
    this.code = code;
  }
}
