import { basename, extname } from 'node:path';
import { digestText } from './digest-text.ts';
import { normalizeText } from './normalize-text.ts';

export type Format = 'markdown' | 'plain';

/** A document as the cutter takes it: normalised text, and the key under which its units are known. */
export interface SourceDocument {
  readonly key: string;
  readonly format: Format;
  readonly text: string;
  readonly digest: string;
}

const MARKDOWN_ENDINGS = new Set(['.md', '.markdown', '.mdown']);

/** Takes a file's name and raw text. The name gives key and format: everything that is not Markdown is plain text. */
export function openDocument(fileName: string, raw: string): SourceDocument {
  const text = normalizeText(raw);
  const ending = extname(fileName);
  const key = documentKey(basename(fileName, ending));
  return {
    key,
    format: MARKDOWN_ENDINGS.has(ending.toLowerCase()) ? 'markdown' : 'plain',
    text,
    digest: digestText(text),
  };
}

/** `Điều 44 (bản nháp)` → `dieu-44-ban-nhap`: lower-case ASCII, so that a key is safe in a file name and in SQL. */
export function documentKey(name: string): string {
  const ascii = name.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase();
  const key = ascii.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  return key === '' ? 'document' : key;
}
