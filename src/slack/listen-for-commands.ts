// Slash commands, and the same words through a mention, since slash commands do not work inside threads.
import type { App } from '@slack/bolt';
import type { RunControl } from '../run/control.ts';
import type { Person } from '../run/events.ts';
import type { Command, CommandAnswer, CommandInput } from './command.ts';
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
  const { inbox, commands, workspace } = parts;

  for (const command of commands) {
    app.command(`/${command.name}`, async ({ command: typed, ack, respond }) => {
      await ack();
      if (!(await inbox.firstSeen('slack-command', typed.trigger_id))) return;
      const user = await personOf(parts, typed.user_id, typed.user_name);
      const input = { text: unescapeTyped(typed.text ?? '').trim(), user, channel: typed.channel_id };
      await respond({ response_type: 'ephemeral', ...(await answer(parts, command, input)) });
    });
  }

  app.event('app_mention', async ({ event, body }) => {
    const { user: userId, channel, ts, thread_ts, text } = event;
    // Another bot's mention could go round in circles with ours.
    if (!userId || event.bot_id || !(await inbox.firstSeen('slack', body.event_id))) return;
    const words = readMention(text, workspace.botUserId);
    const command = commands.find(({ name }) => name === words?.name);
    const user = await personOf(parts, userId, userId);
    const given =
      command && words
        ? await answer(parts, command, { text: words.text, user, channel })
        : help(commands, words?.name);
    const inThread = { channel, thread_ts: thread_ts ?? ts, unfurl_links: false, unfurl_media: false };
    await workspace.interactive.chat.postMessage({
      ...inThread,
      ...given,
      text: await withoutPings(parts, given.text),
    });
  });
}

async function answer(
  parts: CommandListenerParts,
  command: Command,
  input: CommandInput,
): Promise<CommandAnswer> {
  const { control, log } = parts;
  const details = { command: command.name, user: input.user.id, channel: input.channel };
  try {
    const { text, blocks } = await command.run(input, control);
    log.info(details, 'command answered');
    const fitted = fitToLimits({ text, blocks: blocks ?? [] });
    return { text: fitted.text, ...(blocks && { blocks: fitted.blocks }) };
  } catch (error) {
    log.error({ ...details, error: String(error) }, 'command failed');
    return {
      text: `:warning: ${code(`/${command.name}`)} did not get through to the control plane, and nothing was started by this message. Try again; the bot’s log has the reason.`,
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
  return names.reduce((sum, [id, name]) => sum.replaceAll(`<@${id}>`, name), text);
}
