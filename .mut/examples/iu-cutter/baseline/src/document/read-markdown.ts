import type { Block, BlockKind } from './block.ts';

const FENCE = /^(`{3,}|~{3,})/;
const ATX_HEADING = /^(#{1,6})\s+(.+?)(?:\s+#+)?$/;
const SETEXT_UNDERLINE = /^(=+|-{2,})$/;
const RULE = /^([-*_])(?:\s*\1){2,}$/;
const ITEM = /^(?:[-*+]|\d{1,9}[.)])\s+\S/;
const TABLE_DELIMITER = /^\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)+\|?$/;

/**
 * Reads the part of Markdown that the cutter tells apart (CommonMark headings, paragraphs, lists, fences, quotations and rules;
 * tables as GitHub writes them). Front matter is not part of the document. A list's nested items belong to their item.
 */
export function readMarkdown(text: string): Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  let at = skipFrontMatter(lines);
  while (at < lines.length) {
    const end = blockEnd(lines, at);
    const block = blockOf(lines, at, end);
    if (block !== undefined) blocks.push(block);
    at = end;
  }
  return blocks;
}

function skipFrontMatter(lines: readonly string[]): number {
  if (lines[0] !== '---') return 0;
  const close = lines.indexOf('---', 1);
  return close === -1 ? 0 : close + 1;
}

/** The line after the block that begins at `start`; a blank line or a rule is a block of its own that gives nothing. */
function blockEnd(lines: readonly string[], start: number): number {
  const line = lines[start] ?? '';
  const fence = FENCE.exec(line)?.[1];
  if (fence !== undefined) return fenceEnd(lines, start, fence);
  if (line === '' || ATX_HEADING.test(line) || RULE.test(line)) return start + 1;
  if (line.startsWith('>')) return runOf(lines, start, (next) => next.startsWith('>'));
  if (isTable(lines, start)) return runOf(lines, start, (next) => next.includes('|'));
  if (ITEM.test(line)) return itemEnd(lines, start);
  const end = runOf(lines, start, (next, index) => !opensBlock(lines, index, next));
  return SETEXT_UNDERLINE.test(lines[end] ?? '') ? end + 1 : end;
}

function blockOf(lines: readonly string[], start: number, end: number): Block | undefined {
  const line = lines[start] ?? '';
  const whole = lines.slice(start, end);
  const make = (kind: BlockKind, level: number, text: string): Block => ({
    kind,
    level,
    text,
    lines: [start + 1, end],
  });
  if (FENCE.test(line)) return make('code', 0, whole.join('\n'));
  if (line === '' || RULE.test(line)) return undefined;
  const heading = ATX_HEADING.exec(line);
  if (heading !== null) return make('heading', heading[1]?.length ?? 1, heading[2] ?? '');
  if (line.startsWith('>'))
    return make('quote', 0, whole.map((each) => each.replace(/^>\s?/, '')).join('\n'));
  if (isTable(lines, start)) return make('table', 0, whole.join('\n'));
  if (ITEM.test(line)) return make('item', 0, whole.join('\n').trimEnd());
  const underline = SETEXT_UNDERLINE.exec(whole.at(-1) ?? '')?.[1];
  if (underline === undefined || whole.length < 2) return make('paragraph', 0, whole.join('\n'));
  return make('heading', underline.startsWith('=') ? 1 : 2, whole.slice(0, -1).join(' '));
}

function runOf(
  lines: readonly string[],
  start: number,
  goesOn: (line: string, index: number) => boolean,
): number {
  let end = start + 1;
  while (end < lines.length && goesOn(lines[end] ?? '', end)) end += 1;
  return end;
}

/** A fence closes with its own character, at least as long; an open one reaches to the end of the document. */
function fenceEnd(lines: readonly string[], start: number, fence: string): number {
  const end = runOf(lines, start, (line) => !(/^(`+|~+)$/.test(line) && line.startsWith(fence)));
  return Math.min(end + 1, lines.length);
}

function itemEnd(lines: readonly string[], start: number): number {
  return runOf(lines, start, (line, index) => {
    if (line === '') return /^\s{2,}\S/.test(lines[index + 1] ?? '');
    return /^\s{2,}/.test(line) || !opensBlock(lines, index, line);
  });
}

function opensBlock(lines: readonly string[], index: number, line: string): boolean {
  if (line === '' || SETEXT_UNDERLINE.test(line) || RULE.test(line) || line.startsWith('>')) return true;
  return FENCE.test(line) || ATX_HEADING.test(line) || ITEM.test(line) || isTable(lines, index);
}

function isTable(lines: readonly string[], start: number): boolean {
  return (lines[start] ?? '').includes('|') && TABLE_DELIMITER.test(lines[start + 1] ?? '');
}
