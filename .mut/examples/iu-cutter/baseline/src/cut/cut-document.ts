import type { Block } from '../document/block.ts';
import { digestText } from '../document/digest-text.ts';
import { readMarkdown } from '../document/read-markdown.ts';
import { readPlain } from '../document/read-plain.ts';
import type { SourceDocument } from '../document/source-document.ts';
import type { InformationUnit, UnitKind } from './information-unit.ts';
import { SectionCounter } from './section-counter.ts';
import { splitParagraph } from './split-paragraph.ts';
import { unitId } from './unit-id.ts';

/** Characters; a paragraph above it becomes several units. */
export const PARAGRAPH_LIMIT = 1200;

/** Cuts a document into its units, in the order of the text. The same document gives the same units, byte for byte. */
export function cutDocument(document: SourceDocument, paragraphLimit = PARAGRAPH_LIMIT): InformationUnit[] {
  const blocks = document.format === 'markdown' ? readMarkdown(document.text) : readPlain(document.text);
  const counter = new SectionCounter();
  const unitOf = (block: Block, kind: UnitKind, address: string, body: string): InformationUnit => ({
    id: unitId(document.key, address),
    address,
    kind,
    title: counter.title,
    body,
    digest: digestText(body),
    lines: block.lines,
  });
  return blocks.flatMap((block) => {
    if (block.kind === 'heading') {
      return [unitOf(block, 'section', counter.enterSection(block.level, block.text), block.text)];
    }
    const { kind } = block;
    const address = counter.nextUnit(kind);
    const parts = kind === 'paragraph' ? splitParagraph(block.text, paragraphLimit) : [block.text];
    if (parts.length === 1) return [unitOf(block, kind, address, block.text)];
    return parts.map((part, index) => unitOf(block, kind, `${address}.${index + 1}`, part));
  });
}
