/**
 * Closed set of reasons why evidence could not be captured, kept or read. Callers branch on `code`, never on
 * the message.
 */
export type EvidenceErrorCode =
  | 'not-canonical'
  | 'invalid-digest'
  | 'not-found'
  | 'digest-mismatch'
  | 'duplicate-probe'
  /** A regular expression of a plan that cannot be one. */
  | 'bad-pattern'
  | 'text-too-long'
  | 'scan-failed'
  | 'aborted';

export class EvidenceError extends Error {
  override readonly name = 'EvidenceError';
  readonly code: EvidenceErrorCode;

  constructor(code: EvidenceErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
