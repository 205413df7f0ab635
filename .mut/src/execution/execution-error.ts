// Refusals of the execution layer. Each is evidence that nothing was mutated by the refused call.
export type ExecutionErrorCode =
  | 'unauthorized'
  | 'authorization-expired'
  | 'authorization-foreign'
  | 'authorization-spent'
  | 'machine-not-permitted'
  | 'execution-disabled'
  | 'switch-unreadable'
  | 'not-a-mutation';

export class ExecutionError extends Error {
  override readonly name = 'ExecutionError';
  readonly code: ExecutionErrorCode;

  constructor(code: ExecutionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
