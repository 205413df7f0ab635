const BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
/**
 * What follows a key that was cut off: base64 chunks, apart by white space or by the `\n` of a JSON string.
 */
const HEADERS = /(?:(?:\s|\\[nrt]){0,4}[A-Za-z-]{1,40}: [^\r\n\\]{1,200}){0,4}/y;
const CHUNK = /(?:\s|\\[nrt]){0,16}[A-Za-z0-9+/=]{16}[A-Za-z0-9+/=]*/y;
const LAST_CHUNK = /(?:(?:\s|\\[nrt]){0,16}[A-Za-z0-9+/=]{1,15})?/y;

/** Where a private key in PEM form (RFC 7468) stands in a text: offsets, end exclusive. */
export type PemBlock = { readonly start: number; readonly end: number; readonly complete: boolean };

/**
 * Finds private keys, also those whose end is missing (a truncated log still shows most of the key). One pass
 * over the text: an END is looked for only up to the next BEGIN, so that many BEGINs do not make it
 * quadratic.
 */
export function findPemBlocks(text: string): PemBlock[] {
  const begins = [...text.matchAll(BEGIN)];
  return begins.map((begin, index): PemBlock => {
    const bodyAt = begin.index + begin[0].length;
    const until = begins[index + 1]?.index ?? text.length;
    END.lastIndex = 0;
    const end = END.exec(text.slice(bodyAt, until));
    if (end !== null) return { start: begin.index, end: bodyAt + end.index + end[0].length, complete: true };
    return { start: begin.index, end: Math.min(cutOffEnd(text, bodyAt), until), complete: false };
  });
}

/** One chunk after the other: as one pattern it would keep a stack as long as the body. */
function cutOffEnd(text: string, bodyAt: number): number {
  const behind = (pattern: RegExp, at: number) => {
    pattern.lastIndex = at;
    return pattern.test(text) ? pattern.lastIndex : at;
  };
  let at = behind(HEADERS, bodyAt);
  for (let next = behind(CHUNK, at); next > at; next = behind(CHUNK, at)) at = next;
  return behind(LAST_CHUNK, at);
}
