/** A file as it is handed to a scan; the path is only a name, nothing is read. */
export type ScannedFile = { readonly path: string; readonly content: string | Uint8Array };

/**
 * The text as a reader would take it: UTF-16 with a byte order mark, else UTF-8, else one character a byte, so that a
 * binary cannot hide a plain string; what else it may be read as, `readingsOf` has.
 */
export function textOf(content: string | Uint8Array): string {
  if (typeof content === 'string') return content;
  const encoding =
    content[0] === 0xff && content[1] === 0xfe
      ? 'utf-16le'
      : content[0] === 0xfe && content[1] === 0xff
        ? 'utf-16be'
        : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(content);
  } catch {
    return Buffer.from(content).toString('latin1');
  }
}

/** Text of two bytes a character, in either order, where these are ASCII. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the zero bytes are what tells it
const wide = /(?:[\x01-\x7f]\0){3,}/g;

/**
 * Every text that somebody may read in it: a byte order mark before plain text, or none before UTF-16, must hide nothing. The
 * first is that of `textOf`; lines begin in all of them where they begin in a file of that encoding.
 */
export function readingsOf(content: string | Uint8Array): string[] {
  if (typeof content === 'string') return [content];
  const bytes = Buffer.from(content).toString('latin1');
  const narrowed = bytes.replace(wide, (run) => run.replaceAll('\0', ''));
  const isMarked = /^(?:\xff\xfe|\xfe\xff)/.test(bytes);
  return [
    ...new Set([textOf(content), ...(isMarked ? [bytes] : []), ...(narrowed === bytes ? [] : [narrowed])]),
  ];
}
