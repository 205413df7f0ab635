// Slash commands, and the same words through a mention, since slash commands do not work inside threads.
import type { App } from '@slack/bolt';
import type { RunControl } from '../run/control.ts';
import type { Person } from '../run/events.ts';
import type { Command, CommandAnswer } from './command.ts';
import type { Inbox, Log } from './ports.ts';
import { readMention } from './read-mention.ts';
import { code, plain, unescapeTyped } from './view/escape.ts';
import { fitToLimits } from './view/fit-to-limits.ts';
import type { Workspace } from './workspace.ts';

export interface CommandListenerParts {
  readonly workspace: Workspace;
  readonly control: RunControl;
  readonly commands: readonly Command[];
  readonly inbox: Inbox;
  readonly log: Log;
}

/** Registers the listeners on the app. Slack wants an ack within 3 s, so it comes before the work. */
export function listenForCommands(app: App, parts: CommandListenerParts): void {
  const { commands, workspace } = parts;

  for (const command of commands) {
    app.command(`/${command.name}`, async ({ command: typed, ack, respond }) => {
      await ack();
      const answer = await answerOnce(parts, { source: 'slack-command', id: typed.trigger_id }, async () => {
        const user = await personOf(parts, typed.user_id, typed.user_name);
        const input = { text: unescapeTyped(typed.text ?? '').trim(), user, channel: typed.channel_id };
        return command.run(input, parts.control);
      });
      if (answer) await respond({ response_type: 'ephemeral', ...answer });
    });
  }

  app.event('app_mention', async ({ event, body }) => {
    const { user: userId, channel, ts, thread_ts, text } = event;
    // Another bot's mention could go round in circles with ours.
    if (!userId || event.bot_id) return;
    const answer = await answerOnce(parts, { source: 'slack', id: body.event_id }, async () => {
      const words = readMention(text, workspace.botUserId);
      const command = commands.find(({ name }) => name === words?.name);
      if (!command || !words) return help(commands, words?.name);
      return command.run(
        { text: words.text, user: await personOf(parts, userId, userId), channel },
        parts.control,
      );
    });
    if (!answer) return;
    const inThread = { channel, thread_ts: thread_ts ?? ts, unfurl_links: false, unfurl_media: false };
    await workspace.interactive.chat.postMessage({
      ...inThread,
      ...answer,
      text: await withoutPings(parts, answer.text),
    });
  });
}

/**
 * The answer to a delivery that is new, null to a repeated one. A failure is answered too: silence would be taken for work.
 *
 * Marked before the work, unlike a vote: a request done twice is two runs, and a person who gets no answer asks again.
 */
async function answerOnce(
  { inbox, log }: CommandListenerParts,
  delivery: { source: string; id: string },
  work: () => Promise<CommandAnswer>,
): Promise<CommandAnswer | null> {
  try {
    if (!(await inbox.firstSeen(delivery.source, delivery.id))) return null;
    const { text, blocks } = await work();
    const fitted = fitToLimits({ text, blocks: blocks ?? [] });
    return { text: fitted.text, ...(blocks && { blocks: fitted.blocks }) };
  } catch (error) {
    log.error({ ...delivery, error: String(error) }, 'a command failed');
    return {
      text: ':warning: That did not get through to the control plane. Look at `/runs` before you try again; the bot’s log has the reason.',
    };
  }
}

function help(commands: readonly Command[], unknown: string | undefined): CommandAnswer {
  const lines = commands.map(
    ({ name, usage, summary }) =>
      `${code(usage.replace(`/${name}`, `@interlock ${name}`))} ${plain(summary)}`,
  );
  return {
    text: [
      unknown === undefined ? 'I can do this:' : `I do not know ${code(unknown)}. I can do this:`,
      ...lines,
    ].join('\n'),
  };
}

async function personOf(
  { workspace, log }: CommandListenerParts,
  id: string,
  fallback: string,
): Promise<Person> {
  try {
    return { id, name: (await workspace.identify(id)).name };
  } catch (error) {
    log.warn({ user: id, error: String(error) }, 'could not look a user up; using the id');
    return { id, name: fallback };
  }
}

/** Everybody sees a reply in a thread, so it names people instead of pinging them. */
async function withoutPings(parts: CommandListenerParts, text: string): Promise<string> {
  const ids = [...new Set([...text.matchAll(/<@([UW][A-Z0-9]+)>/g)].flatMap(([, id]) => (id ? [id] : [])))];
  const names = await Promise.all(
    ids.map(async (id) => [id, plain((await personOf(parts, id, id)).name)] as const),
  );
  const withNames = names.reduce((sum, [id, name]) => sum.replaceAll(`<@${id}>`, name), text);
  return withNames.replace(/<!subteam\^(S[A-Z0-9]+)>/g, 'the user group $1');
}
