// A redactor that knows every secret of a configuration.
import { createRedactor, type Redactor } from '../evidence/redact.ts';
import type { Settings } from './load.ts';

export function redactorFor({ secrets, slack }: Settings): Redactor {
  const literals = [...secrets.values(), slack.botToken, slack.appToken, slack.signingSecret];
  return createRedactor({ literals: literals.filter((secret) => secret.reveal() !== '') });
}
