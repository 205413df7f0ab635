/** A file as it is handed to a scan; the path is only a name, nothing is read. */
export type ScannedFile = { readonly path: string; readonly content: string | Uint8Array };

/**
 * The text to search in: UTF-16 with a byte order mark, else UTF-8, else one character a byte, so that a
 * binary cannot hide a plain string.
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
