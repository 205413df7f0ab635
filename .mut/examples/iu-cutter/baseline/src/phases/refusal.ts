/** Why nothing was done. */
export type RefusalCode = 'unknown-mode' | 'empty-plan' | 'live-not-wired';

/** The program declines before it has changed anything. */
export class Refusal extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Refusal';
    this.code = code;
  }
}
