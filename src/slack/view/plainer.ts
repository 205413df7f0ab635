// What is said in place of a message that Slack does not take: less and less, always with what is missing and its digest.
import type { types } from '@slack/bolt';
import { digestOf, sha256Hex } from '../../evidence/digest.ts';
import { context, section } from './blocks.ts';
import { type DesiredFile, type DesiredMessage, markerOf } from './desired-message.ts';
import { code, inPlainText, plain, unescapeTyped } from './escape.ts';
import { fitToLimits, limits } from './fit-to-limits.ts';
import { trimMrkdwn } from './trim.ts';

/** A message as Slack is asked to take it. */
export interface Rendering {
  readonly text: string;
  readonly blocks: types.KnownBlock[];
  readonly isWhole: boolean;
}

/** Digest of what a message shows; the same digest needs no update. */
export function digestOfMessage({ text, blocks }: Pick<DesiredMessage, 'text' | 'blocks'>): string {
  return digestOf({ text, blocks });
}

/** The whole, then the message's own shorter form if it has one, then its text alone; each with the marker of its first block. */
export function renderingsOf(message: DesiredMessage, refusal: string | null): Rendering[] {
  const { text, blocks, shorter } = message;
  const marker = blocks[0]?.block_id;
  const marked = ([first, ...rest]: types.KnownBlock[]): types.KnownBlock[] =>
    first ? [{ ...first, ...(marker !== undefined && { block_id: marker }) }, ...rest] : [];
  const { name, digest } = wholeFile(message);
  const why = refusal === null ? '' : ` (${code(refusal)})`;
  const note = `:warning: Slack did not take the whole of this message${why}. It is in the file ${code(name)} of this thread, digest ${code(digest)}`;
  const alone = `${trimMrkdwn(text, limits.sectionText - note.length - 1)}\n${note}`;
  return [
    { text, blocks, isWhole: true },
    ...(shorter
      ? [
          {
            ...fitToLimits({ text, blocks: marked(beforeButtons(shorter, context(note))) }),
            isWhole: false,
          },
        ]
      : []),
    { text: alone, blocks: marked([section(alone)]), isWhole: false },
  ];
}

function beforeButtons(blocks: readonly types.KnownBlock[], added: types.KnownBlock): types.KnownBlock[] {
  const end = blocks.findIndex(({ type }) => type === 'actions');
  return blocks.toSpliced(end === -1 ? blocks.length : end, 0, added);
}

/** All that a message says, as a text file, for a message that Slack does not take whole; one that it has is the one. */
export function wholeFile(message: DesiredMessage, name = `${message.key}-whole.txt`): DesiredFile {
  const has = message.files?.find((file) => file.name === name);
  if (has) return has;
  const text = `${message.blocks.flatMap(wordsOf).map(readable).join('\n\n')}\n`;
  return {
    name,
    title: `${readable(message.text)}, whole`.slice(0, 150),
    digest: `sha256:${sha256Hex(text)}`,
    text,
  };
}

function wordsOf(block: types.KnownBlock): string[] {
  switch (block.type) {
    case 'header':
      return [block.text.text];
    case 'section':
      return [...(block.text ? [block.text.text] : []), ...(block.fields ?? []).map(({ text }) => text)];
    case 'context':
      return block.elements.flatMap((element) => ('text' in element ? [element.text] : []));
    default:
      return [];
  }
}

function readable(mrkdwn: string): string {
  return unescapeTyped(inPlainText(mrkdwn));
}

/** The key of the line that speaks for a message; of those for its files and edits the beginning. */
export const keyUnshown = (key: string) => `unshown-${key}`;
export const isUnshown = (key: string) => key.startsWith(keyUnshown(''));

/** The line in the thread for what Slack does not take. */
export function unshownMessage(
  runId: string,
  key: string,
  lines: readonly string[],
  files: readonly DesiredFile[] = [],
): DesiredMessage {
  const text = lines.join('\n');
  const blocks = [{ ...section(text), block_id: markerOf(runId, key) }];
  return fitToLimits({ key, thread: true, text, blocks, ...(files.length > 0 && { files }) });
}

/** For files of a message that Slack does not take, one line for each time that some are given up. */
export function unshownFiles(
  runId: string,
  owner: DesiredMessage,
  files: readonly { readonly file: DesiredFile; readonly refusal: string }[],
): DesiredMessage {
  const lines = files.map(
    ({ file: { title, digest }, refusal }) => `• ${plain(title)} ${code(digest)}: ${code(refusal)}`,
  );
  const what = files.length === 1 ? 'A file is' : `${files.length} files are`;
  const said = `:warning: ${what} not shown in this thread, because Slack did not take them. What is captured stays in the run’s evidence, under its digest:`;
  const key = `${keyUnshown(owner.key)}-files-${shortHash(files.map(({ file }) => file.name).join(' '))}`;
  return unshownMessage(runId, key, [said, ...lines]);
}

/**
 * For a message that stands there and does not change any more: one line for each change of what it says. The root changes with
 * every gate, which the thread shows anyway, so of that one for each change of its text.
 */
export function unshownEdit(runId: string, message: DesiredMessage, refusal: string): DesiredMessage {
  const key = `${keyUnshown(message.key)}-${shortHash(message.key === 'root' ? message.text : said(message))}`;
  const file = wholeFile(message, `${key}.txt`);
  return unshownMessage(
    runId,
    key,
    [
      message.text,
      `:warning: Slack did not let me change the earlier message for this (${code(refusal)}): what stands there is older. What it should say is in the file ${code(file.name)}, digest ${code(file.digest)}`,
    ],
    [file],
  );
}

/** For a message that Slack takes in no form. */
export function unshownWhole(
  runId: string,
  message: DesiredMessage,
  refusal: string,
  isTriedOn: boolean,
): DesiredMessage {
  const key = keyUnshown(message.key);
  const file = wholeFile(message, `${key}.txt`);
  return unshownMessage(
    runId,
    key,
    [
      `:warning: A message of this run (${code(message.key)}) is not shown, because Slack did not take it (${code(refusal)}). What it says is in the file ${code(file.name)}, digest ${code(file.digest)}${isTriedOn ? '. It is tried again' : ''}`,
    ],
    [file],
  );
}

/** What a message says, without its small print: that somebody's vote was refused is no change of it. */
function said({ text, blocks }: DesiredMessage): string {
  return [text, ...blocks.filter(({ type }) => type !== 'context').flatMap(wordsOf)].join('\n');
}

function shortHash(text: string): string {
  return sha256Hex(text).slice(0, 8);
}
