// Hostile text on its way into Slack: nobody is pinged by it, and it stays in the span that it was put in.
import { describe, expect, it } from 'vitest';
import { code, mention, plain, sentence, title, unescapeTyped } from '../../src/slack/view/escape.ts';
import { fileName } from '../../src/slack/view/file-name.ts';
import { ScriptedControl } from '../fixtures/scripted-control.ts';
import { commands } from '../fixtures/slack-bot.ts';
import { hostileText, payloads, sample } from './hostile-text.ts';

const canary = { directory: '/nonexistent', variable: 'HACKED' } as const;
const mentions = [
  ...[
    '<!channel>',
    '<!here|here>',
    '<!everyone>',
    '<!subteam^S0123ABCD>',
    '<!date^1^{date}|x>',
    '<@U0123ABCD>',
  ],
  ...[
    '<@W0123ABCD|dana>',
    '<#C0123ABCD|deploys>',
    '<https://evil.example|click>',
    '@here',
    '@channel',
    '@Everyone',
  ],
  ...[
    '@\u0000channel',
    '@\u202echannel',
    '<\n!channel>',
    '<\u0007!channel>',
    '`<!channel>`',
    '```\n<!here>\n```',
  ],
  ...[
    '&lt;!channel&gt;',
    '&amp;lt;!channel&amp;gt;',
    '` `',
    '``',
    '`',
    ':white_check_mark: approved',
    ':a:b:c:',
    ':30:',
    '`05:30:34`',
    '05:30:34:30:',
    ':05:30:34',
    '2026-05-21T05:30:34Z:white_check_mark:',
  ],
];
const texts = [
  ...mentions,
  ...mentions.map((text) => `x${text}y`),
  ...mentions.flatMap((text) => [`\`${text}\``, `*${text}*`, `</a>${text}`, `${text}${text}`]),
  ...payloads(canary),
  ...sample(hostileText(canary), 1_000, 0x51ac),
];

/** What Slack would parse: `<…>` but for a user or a channel, and the bare words that some clients expand. */
const ping = /<(?!@[UW][A-Z0-9]+>|#[CG][A-Z0-9]+>)|@(?:here|channel|everyone)\b/i;

describe('text in a message', () => {
  it('neither pings nor links, and stays on its line', () => {
    for (const text of texts) {
      for (const shown of [plain(text), code(text)]) {
        expect(shown, text).not.toMatch(/[<>]|@(?:here|channel|everyone)\b/i);
        expect(shown, text).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }
      const withoutTimes = plain(text).replaceAll(/`[\d:.TZ +-]+`/g, 'a time');
      expect(withoutTimes, text).not.toMatch(/`|:[a-z0-9_+'-]+:/i);
      expect(title(text), text).not.toMatch(/<[!@#]|[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      expect(sentence(text), text).not.toMatch(ping);
    }
  });

  it('in a code span does not get out of it', () => {
    for (const text of texts) expect(code(text), text).toMatch(/^(?:`[^`]+`|\(empty\))$/);
  });

  it('names a person only by a user id', () => {
    for (const text of texts) expect(mention(text)).not.toMatch(/[<>]/);
    expect(mention('U0123ABCD')).toBe('<@U0123ABCD>');
  });

  it('makes a file name that is harmless wherever it is saved', () => {
    for (const text of texts) expect(fileName([text], '.txt')).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._-]*\.txt$/);
  });

  it('that a person typed is taken as they typed it', () => {
    const escaped = (text: string) =>
      text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    for (const text of texts) expect(unescapeTyped(escaped(text))).toBe(text);
  });
});

describe('what a command answers to hostile words', () => {
  it.each(commands.map((command) => [command.name, command] as const))(
    '/%s pings nobody',
    async (_, command) => {
      const control = new ScriptedControl();
      const user = { id: 'U0123ABCD', name: '<!channel>' };
      for (const text of texts) {
        for (const typed of [
          text,
          `abort ${text}`,
          `abort run-1 ${text}`,
          `publish ${text}`,
          `gaps ${text}`,
          `rule ${text} accept fine`,
          `rule run-1 conditions ${text}`,
        ]) {
          for (const refusal of [null, { code: 'refused', text }, { code: 'unknown-run', text }]) {
            control.refusal = refusal;
            const answer = await command.run(
              { text: unescapeTyped(typed).trim(), user, channel: 'C1' },
              control,
            );
            expect(answer.text, typed).not.toMatch(ping);
            expect(JSON.stringify(answer.blocks ?? []), typed).not.toMatch(ping);
          }
        }
      }
    },
  );
});
