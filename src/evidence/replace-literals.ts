// Loaded secrets in a text, in one pass whatever their number: a pattern of thousands of alternatives takes a minute for what a
// busy server writes, and nothing else happens meanwhile.
import type { Spelling } from './secret-spellings.ts';

/** First characters that are hashed together to tell that a spelling may begin here. */
const gram = 4;
const slots = 1 << 16;
const opening = '[redacted:';

/**
 * Replaces every spelling by `[redacted:<kind>]`, of several that begin at one place the longest. `own` are the kinds whose
 * placeholders are left as they are: a secret that happens to be the word "redacted" must not eat them; others are forged.
 */
export function literalReplacer(
  spellings: readonly Spelling[],
  own: readonly string[],
): (text: string) => string {
  const known = spellings.filter(({ text }) => text !== '').toSorted((a, b) => b.text.length - a.text.length);
  const width = Math.min(gram, known.at(-1)?.text.length ?? gram);
  const buckets = new Map<number, Spelling[]>();
  const may = new Uint8Array(slots);
  for (const spelling of known) {
    const hash = hashAt(spelling.text, 0, width);
    may[hash] = 1;
    buckets.set(hash, [...(buckets.get(hash) ?? []), spelling]);
  }
  const placeholders = [...new Set(own)].map((kind) => `${opening}${kind}]`);

  const matchAt = (text: string, at: number, hash: number) =>
    buckets
      .get(hash)
      ?.find(
        (each) => text.startsWith(each.text, at) && (!each.aloneOnly || isAlone(text, at, each.text.length)),
      );

  return (text) => {
    if (known.length === 0) return text;
    const parts: string[] = [];
    let from = 0;
    for (let at = 0; at + width <= text.length; at += 1) {
      if (text.charCodeAt(at) === 0x5b && text.startsWith(opening, at)) {
        const placeholder = placeholders.find((each) => text.startsWith(each, at));
        if (placeholder !== undefined) {
          at += placeholder.length - 1;
          continue;
        }
      }
      const hash = hashAt(text, at, width);
      if (may[hash] === 0) continue;
      const found = matchAt(text, at, hash);
      if (found === undefined) continue;
      parts.push(text.slice(from, at), `${opening}${found.kind}]`);
      from = at + found.text.length;
      at = from - 1;
    }
    return from === 0 ? text : parts.join('') + text.slice(from);
  };
}

function hashAt(text: string, at: number, width: number): number {
  let hash = 0;
  for (let index = 0; index < width; index += 1)
    hash = (Math.imul(hash, 31) + text.charCodeAt(at + index)) | 0;
  return (hash ^ (hash >>> 16)) & (slots - 1);
}

function isAlone(text: string, at: number, length: number): boolean {
  return !isWord(text.charCodeAt(at - 1)) && !isWord(text.charCodeAt(at + length));
}

/** A–Z, a–z and 0–9; NaN, beyond either end, is none. */
function isWord(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}
