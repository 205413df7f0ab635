// Keeps a message within what Slack accepts. Pure. A message that Slack refuses is worse than one that is cut and says so.
import type { types } from '@slack/bolt';
import { context } from './blocks.ts';
import { trimMrkdwn, trimPlain } from './trim.ts';

type Block = types.KnownBlock;

/** Slack's documented limits, and two that were measured: 4,000 for the text of an update, about 13,000 for all blocks. */
export const limits = {
  blocks: 50,
  sectionText: 3000,
  fields: 10,
  fieldText: 2000,
  headerText: 150,
  contextElements: 10,
  contextText: 2000,
  actionElements: 25,
  buttonText: 75,
  text: 3900,
  /** Of the blocks' JSON, which is never shorter than what Slack counts. */
  allBlocks: 12_500,
} as const;

const inReport = 'the whole is in the run’s report and ledger';

/** Cuts texts, then leaves out blocks from the end, but never the first block (the marker) nor the buttons; `where` says where the whole is. */
export function fitToLimits<M extends { readonly text: string; readonly blocks: readonly Block[] }>(
  message: M,
  where = inReport,
): M & { blocks: Block[] } {
  const blocks = message.blocks.map(fitBlock);
  return { ...message, text: trimMrkdwn(message.text, limits.text), blocks: fitTotal(blocks, where) };
}

function fitBlock(block: Block): Block {
  switch (block.type) {
    case 'header':
      return { ...block, text: { ...block.text, text: trimPlain(block.text.text, limits.headerText) } };
    case 'section':
      return {
        ...block,
        ...(block.text && { text: fitText(block.text, limits.sectionText) }),
        ...(block.fields && {
          fields: block.fields.slice(0, limits.fields).map((field) => fitText(field, limits.fieldText)),
        }),
      };
    case 'context':
      return {
        ...block,
        elements: block.elements
          .slice(0, limits.contextElements)
          .map((element) => (element.type === 'image' ? element : fitText(element, limits.contextText))),
      };
    case 'actions':
      return { ...block, elements: block.elements.slice(0, limits.actionElements).map(fitElement) };
    default:
      return block;
  }
}

function fitElement(element: types.ActionsBlockElement): types.ActionsBlockElement {
  if (element.type !== 'button') return element;
  return { ...element, text: { ...element.text, text: trimPlain(element.text.text, limits.buttonText) } };
}

function fitText<T extends types.MrkdwnElement | types.PlainTextElement>(element: T, most: number): T {
  const trim = element.type === 'mrkdwn' ? trimMrkdwn : trimPlain;
  return { ...element, text: trim(element.text, most) };
}

function fitTotal(blocks: readonly Block[], where: string): Block[] {
  if (blocks.length <= limits.blocks && sizeOf(blocks) <= limits.allBlocks) return [...blocks];
  const note = context(`:information_source: Shortened to fit; ${where}.`);
  const kept = new Set(blocks.filter((block, index) => index === 0 || block.type === 'actions'));
  let room = limits.allBlocks - sizeOf([...kept, note]);
  let places = limits.blocks - kept.size - 1;
  const result: Block[] = [];
  let full = false;
  for (const block of blocks) {
    if (kept.has(block)) {
      result.push(block);
      continue;
    }
    if (full || places === 0) continue;
    const fitting = sizeOf([block]) <= room ? block : shrink(block, room);
    full = fitting !== block;
    if (!fitting) continue;
    result.push(fitting);
    room -= sizeOf([fitting]);
    places -= 1;
  }
  const end = result.findLastIndex((block) => block.type !== 'actions') + 1;
  return result.toSpliced(end, 0, note);
}

/** The block with less text, or null when that would leave next to nothing. */
function shrink(block: Block, room: number): Block | null {
  if (block.type !== 'section' || !block.text || block.fields) return null;
  const overhead = sizeOf([block]) - block.text.text.length;
  // Escapes in JSON make a character count more than once, so cut once by length and then until it fits.
  for (let most = room - overhead; most > 100; most -= 100) {
    const cut = { ...block, text: fitText(block.text, most) };
    if (sizeOf([cut]) <= room) return cut;
  }
  return null;
}

function sizeOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + JSON.stringify(block).length + 1, 0);
}
