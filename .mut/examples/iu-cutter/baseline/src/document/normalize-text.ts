/**
 * Text as the cutter sees it: no byte order mark, LF line ends, Unicode NFC, no blanks at a line's end, exactly one newline
 * at the end. Two files that differ in nothing else are the same document and get the same digests.
 */
export function normalizeText(raw: string): string {
  const lines = raw
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .normalize('NFC')
    .split('\n')
    .map((line) => line.trimEnd());
  const text = lines.join('\n').replace(/^\n+|\n+$/g, '');
  return text === '' ? '' : `${text}\n`;
}
