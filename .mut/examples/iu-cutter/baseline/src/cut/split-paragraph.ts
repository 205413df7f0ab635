const SENTENCE_END = /(?<=[.!?…]["»”')\]]?)\s+(?=\S)/u;

/**
 * Splits a paragraph into parts of at most `limit` characters, at sentence ends only. A sentence that is longer than the limit
 * stays whole: a unit that begins in the middle of a sentence could not be cited.
 */
export function splitParagraph(text: string, limit: number): string[] {
  if (text.length <= limit) return [text];
  const parts: string[] = [];
  let part = '';
  for (const sentence of text.split(SENTENCE_END)) {
    const longer = part === '' ? sentence : `${part} ${sentence}`;
    if (part !== '' && longer.length > limit) {
      parts.push(part);
      part = sentence;
    } else {
      part = longer;
    }
  }
  return [...parts, part];
}
