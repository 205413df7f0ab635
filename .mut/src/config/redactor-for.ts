// A redactor that knows every secret of a configuration.
import { createRedactor, type Redactor } from '../evidence/redact.ts';
import { Secret } from '../evidence/secret.ts';
import type { Settings } from './load.ts';

type Known = Pick<Settings, 'secrets' | 'secondFactors' | 'slack' | 'databaseUrl' | 'redisUrl'>;

export function redactorFor({ secrets, secondFactors, slack, databaseUrl, redisUrl }: Known): Redactor {
  const whole = [
    ...secrets.values(),
    ...secondFactors.values(),
    slack.botToken,
    slack.appToken,
    slack.signingSecret,
  ];
  const urls = [...whole.map((secret) => secret.reveal()), databaseUrl ?? '', redisUrl ?? ''];
  // A connection string is rarely seen whole; its password is what a server's error or a config file shows.
  const literals = [...whole, ...urls.flatMap(passwordOf)];
  return createRedactor({ literals: literals.filter((secret) => secret.reveal() !== '') });
}

function passwordOf(text: string): Secret[] {
  const password = URL.canParse(text) ? new URL(text).password : '';
  return [...new Set([password, decoded(password)])].map((value) => new Secret(value, 'password'));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
