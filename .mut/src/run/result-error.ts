/** Why a gate's answer is not believed: closed words, which become the reason of the gate. */
export type ResultErrorCode =
  /** No signature of a worker that is trusted for the role; or what was signed was altered. */
  | 'result-not-signed'
  /** Signed by a trusted worker, but over another job than the one that was asked for. */
  | 'result-of-another-job'
  /** Signed by a trusted worker that says to be another machine than it may be. */
  | 'result-of-another-machine'
  /** Signed by a trusted worker, in a form that this control plane does not know. */
  | 'result-unreadable';

/** A gate's answer that is not believed. The message says what to do, and repeats nothing of the answer. */
export class ResultError extends Error {
  override readonly name = 'ResultError';
  readonly code: ResultErrorCode;

  constructor(code: ResultErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
