import type { JsonValue } from './json-value.ts';

/**
 * The same JSON with every string and key redacted. Unlike `redactJson` it does not go by the names of members: the rows of
 * a table `api_tokens` are a count, not a token.
 */
export function redactTexts(value: JsonValue, redact: (text: string) => string): JsonValue {
  if (typeof value === 'string') return redact(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((each) => redactTexts(each, redact));
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [redact(key), redactTexts(member, redact)]),
  );
}
