/** Why the bot cannot work in the workspace. */
export class SlackError extends Error {
  override readonly name = 'SlackError';
  readonly code: 'unreachable' | 'refused' | 'not-connected' | 'unusable-answer';

  constructor(code: SlackError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
