import type { Redactor } from './redact.ts';

type Write = (details: object, message: string) => void;
type AnyLog = { readonly info: Write; readonly warn: Write; readonly error: Write };

/** A log that passes on what it is told without the secrets in it: errors of libraries repeat what they were given. */
export function redactingLog(log: AnyLog, { redact, redactJson }: Redactor): AnyLog {
  const through =
    (level: keyof AnyLog): Write =>
    (details, message) => {
      const safe = redactJson(details);
      log[level](typeof safe === 'object' && safe !== null ? safe : {}, redact(message));
    };
  return { info: through('info'), warn: through('warn'), error: through('error') };
}
