// Text from plans, hosts, git and people, made harmless for Slack's mrkdwn. That text is attacker-controlled: a file name may
// read `<!channel>`, a test title `:white_check_mark: approved`.

/** A time of day, alone or after its date: the `:30:` in it may be an emoji of the workspace. */
const time =
  /(?<![\w:.-])(?:\d{4}-\d{2}-\d{2}[T ])?\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})?(?![\w:])/;
const timeOrEmoji = new RegExp(`(${time.source})|:(?=[a-z0-9_+'-]+:)`, 'gi');

/**
 * Running text on one line: no mention, no link, no emoji, no code span can come out of it, but for a time, which is one so that it
 * can be copied. An emoji is broken by a space without width.
 */
export function plain(text: string): string {
  return escapeMarkup(oneLine(text))
    .replace(/`/g, 'ˋ')
    .replace(timeOrEmoji, (_, at: string | undefined) => (at === undefined ? ':\u200b' : `\`${at}\``));
}

/** A value in a code span: digests, paths, commands, what a check saw. Shown as it is, on one line. */
export function code(text: string): string {
  const shown = escapeMarkup(oneLine(text)).replace(/`/g, 'ˋ');
  return shown === '' ? '(empty)' : `\`${shown}\``;
}

/** A mention, which pings; only for the root message and for answers that one person sees. */
export function mention(userId: string): string {
  return /^[UW][A-Z0-9]+$/.test(userId) ? `<@${userId}>` : plain(userId);
}

/** Escapes a sentence of the control plane but lets its mentions of people and channels stand; a user group, which would ping many, is its id. For ephemeral answers. */
export function sentence(text: string): string {
  return plain(text)
    .replace(/&lt;(@[UW][A-Z0-9]+|#[CG][A-Z0-9]+)&gt;/g, '<$1>')
    .replace(/&lt;!subteam\^(S[A-Z0-9]+)&gt;/g, '`$1`');
}

/** Errors of a form are shown as they are, so a mention in them would be seen as its markup. */
export function inPlainText(text: string): string {
  return text.replace(/<(?:@|#|!subteam\^)([A-Z0-9]+)>/g, '$1').replace(/[*`]/g, '');
}

/** Undoes Slack's escaping of what a person typed. */
export function unescapeTyped(text: string): string {
  return text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');
}

/** Plain text elements are not parsed, but older clients try. */
export function title(text: string): string {
  return oneLine(text).replace(/<(?=[!@#])/g, '<\u200b');
}

/** Without line breaks, control characters, and the marks that turn the direction of writing and so the look of a digest. */
function oneLine(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '')
    .trim();
}

function escapeMarkup(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/@(?=(?:here|channel|everyone)\b)/gi, '@\u200b');
}
