// Where the value behind `password=` ends. Not by a pattern: one with alternatives in a repetition keeps a stack as long as the
// value, and a line of some megabytes ends that stack.
const PLACEHOLDER = /\[redacted:[a-z0-9-]{1,40}\]/y;
const BRACKETED = /<[^<>\r\n]{0,80}>/y;
const PLAIN = /[^\s"',;&)}\][]*/y;
const NO_START = /[\s"',;&)}\][({]/;
const UNTIL: Readonly<Record<string, RegExp>> = { '"': /[^"\\\r\n]*/y, "'": /[^'\\\r\n]*/y };
const UNTIL_ESCAPED = /[^"\r\n]*/y;

/**
 * The offset behind the value that begins at `at`: a quoted string, also one quoted inside JSON, or a word; an unclosed quote
 * reaches to the line's end. -1 when there is no value.
 */
export function assignedValueEnd(text: string, at: number): number {
  const first = text.charAt(at);
  const until = UNTIL[first];
  if (until !== undefined) return quotedEnd(text, at + 1, first, until);
  if (text.startsWith('\\"', at)) {
    const end = skip(UNTIL_ESCAPED, text, at + 2);
    return text[end] === '"' ? end + 1 : end;
  }
  const bracketed = skip(BRACKETED, text, at);
  return bracketed > at ? bracketed : wordEnd(text, at);
}

function quotedEnd(text: string, from: number, quote: string, until: RegExp): number {
  let at = from;
  for (;;) {
    at = skip(until, text, at);
    const stop = text[at];
    if (stop === quote) return at + 1;
    // What is escaped does not end the string, but for the end of the line.
    if (stop !== '\\' || /[\r\n\u2028\u2029]/.test(text.charAt(at + 1) || '\n')) return at;
    at += 2;
  }
}

/** Placeholders of an earlier pass belong to the word, although their brackets would end it. */
function wordEnd(text: string, from: number): number {
  let at = skip(PLACEHOLDER, text, from);
  if (at === from && (from >= text.length || NO_START.test(text.charAt(from)))) return -1;
  for (;;) {
    at = skip(PLAIN, text, at);
    if (text[at] !== '[') return at;
    at = Math.max(skip(PLACEHOLDER, text, at), at + 1);
  }
}

/** Behind the match of a sticky pattern; `at` itself when there is none. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
