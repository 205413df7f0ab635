/** Closed set of reasons why something cannot be signed, loaded or believed. Callers branch on `code`, never on the message. */
export type AttestationErrorCode =
  // keys
  | 'key-exists'
  | 'key-missing'
  | 'key-unreadable'
  | 'key-exposed'
  | 'wrong-key-type'
  | 'rotation-unfinished'
  | 'rotation-mismatch'
  // signatures
  | 'malformed-envelope'
  | 'wrong-payload-type'
  | 'unknown-key'
  | 'bad-signature'
  | 'key-not-valid-then'
  | 'mixed-keys'
  | 'malformed-sshsig'
  | 'malformed-allowed-signers'
  | 'bad-sshsig'
  | 'sshsig-missing'
  // bundles
  | 'malformed-bundle'
  | 'malformed-statement'
  | 'wrong-predicate-type'
  | 'missing-statement'
  | 'sibling-digest'
  | 'subject-mismatch'
  | 'summary-mismatch'
  | 'verdict-mismatch'
  | 'approval-missing'
  | 'approval-digest'
  | 'artifact-mismatch'
  | 'ledger-chain'
  | 'ledger-head'
  | 'ledger-mismatch'
  | 'time-mismatch'
  | 'timestamp-missing'
  | 'timestamp-mismatch'
  | 'previous-mismatch'
  | 'ruling-mismatch'
  | 'ruling-unsigned'
  | 'report-missing'
  | 'report-mismatch'
  | 'report-unsigned';

export class AttestationError extends Error {
  override readonly name = 'AttestationError';
  readonly code: AttestationErrorCode;

  constructor(code: AttestationErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
