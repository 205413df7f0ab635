// From "@interlock deploy o8b-retry" to a command's name and its words.
import { unescapeTyped } from './view/escape.ts';

/** The words after the bot's mention; null when there are none. */
export function readMention(text: string, botUserId: string): { name: string; text: string } | null {
  const after = text.split(new RegExp(`<@${botUserId}(?:\\|[^<>]*)?>`)).at(1);
  const words = unescapeTyped(after ?? '').trim();
  if (words === '') return null;
  const [, name = '', rest = ''] = /^\/?(\S+)\s*([\s\S]*)$/.exec(words) ?? [];
  return { name: name.toLowerCase(), text: rest.trim() };
}
