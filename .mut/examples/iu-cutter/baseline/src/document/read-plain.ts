import type { Block } from './block.ts';

const UNDERLINE = /^(={3,}|-{3,})$/;

/** Plain text: paragraphs stand between blank lines; a single line underlined with `===` or `---` is a heading of level 1 or 2. */
export function readPlain(text: string): Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    if (lines[at] === '') {
      at += 1;
      continue;
    }
    const underline = UNDERLINE.exec(lines[at + 1] ?? '')?.[1];
    const end = underline === undefined ? paragraphEnd(lines, at) : at + 2;
    blocks.push({
      kind: underline === undefined ? 'paragraph' : 'heading',
      level: underline === undefined ? 0 : underline.startsWith('=') ? 1 : 2,
      text: underline === undefined ? lines.slice(at, end).join('\n') : (lines[at] ?? ''),
      lines: [at + 1, end],
    });
    at = end;
  }
  return blocks;
}

/** A paragraph also ends where the next line turns out to be underlined. */
function paragraphEnd(lines: readonly string[], start: number): number {
  let end = start + 1;
  while (end < lines.length && lines[end] !== '' && !UNDERLINE.test(lines[end + 1] ?? '')) end += 1;
  return end;
}
