import type { Secret } from './secret.ts';

/** One way in which a loaded secret may appear in a text. */
export type Spelling = {
  readonly text: string;
  readonly kind: string;
  /** Too short to be replaced inside words without wrecking the text: only where it stands alone. */
  readonly aloneOnly: boolean;
};

const SHORT = 6;
const LONG_LINE = 16;

/**
 * The spellings of a secret: as it is, trimmed, line by line, JSON-escaped, URL- and form-encoded, hex,
 * base64 and base64url – the last two also as they look inside a longer encoded text (a Basic header encodes
 * `user:secret`), which is one of three forms, by the offset modulo three.
 */
export function spellingsOf(secret: Secret): Spelling[] {
  const value = secret.reveal();
  const literal = new Set([value, value.trim(), ...longLines(value), JSON.stringify(value).slice(1, -1)]);
  const encoded = new Set<string>();
  for (const text of new Set([value, value.trim()])) {
    if (text.length < SHORT) continue;
    for (const spelling of [...urlForms(text), ...hexForms(text), ...base64Forms(text)])
      encoded.add(spelling);
  }
  return [...new Set([...literal, ...encoded])]
    .filter((text) => text !== '')
    .map((text) => ({ text, kind: secret.kind, aloneOnly: text.length < SHORT }));
}

function longLines(value: string): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line.length >= LONG_LINE && !line.startsWith('-----'));
}

function urlForms(text: string): string[] {
  if (!text.isWellFormed()) return [];
  const upper = encodeURIComponent(text);
  const form = new URLSearchParams([['', text]]).toString().slice(1);
  return [upper, form].flatMap((encoded) => [
    encoded,
    encoded.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase()),
  ]);
}

function hexForms(text: string): string[] {
  const hex = Buffer.from(text).toString('hex');
  return [hex, hex.toUpperCase()];
}

function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text);
  const forms = [bytes.toString('base64'), bytes.toString('base64url')];
  for (const offset of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    // Only the characters that the secret's bytes decide alone, not those shared with the neighbours.
    const own = encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
    if (own.length >= SHORT) forms.push(own, own.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return forms;
}
