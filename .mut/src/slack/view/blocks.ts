// The few kinds of block that every Slack client draws.
import type { types } from '@slack/bolt';
import { title } from './escape.ts';

export function header(text: string): types.HeaderBlock {
  return { type: 'header', text: { type: 'plain_text', text: title(text), emoji: true } };
}

export function section(text: string): types.SectionBlock {
  return { type: 'section', text: { type: 'mrkdwn', text } };
}

/** Pairs of a label and a value, two columns wide. */
export function fields(pairs: readonly (readonly [label: string, value: string])[]): types.SectionBlock {
  return {
    type: 'section',
    fields: pairs.map(([label, value]) => ({ type: 'mrkdwn', text: `*${label}*\n${value}` })),
  };
}

export function context(text: string): types.ContextBlock {
  return { type: 'context', elements: [{ type: 'mrkdwn', text }] };
}

export function divider(): types.DividerBlock {
  return { type: 'divider' };
}

/** Lines under a heading, spread over as many sections as they need; nothing when there are no lines. */
export function list(heading: string, lines: readonly string[]): types.SectionBlock[] {
  if (lines.length === 0) return [];
  const sections: string[][] = [[`*${heading}*`]];
  let length = 0;
  for (const line of lines) {
    // Below Slack's 3,000 characters a section, with room for the heading.
    if (length > 0 && length + line.length > 2800) {
      sections.push([]);
      length = 0;
    }
    sections.at(-1)?.push(line);
    length += line.length + 1;
  }
  return sections.map((each) => section(each.join('\n')));
}

/** The first `most` items, and a line that says how many more there are. */
export function atMost(most: number, lines: readonly string[], where: string): string[] {
  if (lines.length <= most) return [...lines];
  return [...lines.slice(0, most), `_and ${lines.length - most} more; ${where}_`];
}
