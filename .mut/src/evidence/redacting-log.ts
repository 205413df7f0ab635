import type { Redactor } from './redact.ts';

type Write = (details: object, message: string) => void;
type AnyLog = { readonly info: Write; readonly warn: Write; readonly error: Write };

/** A log that passes on what it is told without the secrets in it: errors of libraries repeat what they were given. */
export function redactingLog(log: AnyLog, { redact, redactJson }: Redactor): AnyLog {
  const through =
    (level: keyof AnyLog): Write =>
    (details, message) => {
      log[level](safely(details), redact(message));
    };
  // What is logged may be an object of a library, whose own functions say what it is; a log that throws hides the fault it tells of.
  const safely = (details: object): object => {
    try {
      const safe = redactJson(details);
      return typeof safe === 'object' && safe !== null ? safe : {};
    } catch {
      return { details: '[unreadable]' };
    }
  };
  return { info: through('info'), warn: through('warn'), error: through('error') };
}
