/** What has to be known for a decision cannot be known now; it is tried again, and nothing goes on before. */
export class PendingDecisionError extends Error {
  override readonly name = 'PendingDecisionError';
}
