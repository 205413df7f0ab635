export type OperatorErrorCode =
  | 'not-running'
  | 'not-permitted'
  | 'path-too-long'
  | 'not-a-socket'
  | 'no-answer'
  | 'unreadable';

/** Why the command line and the control plane did not come together. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  readonly code: OperatorErrorCode;

  constructor(code: OperatorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
