// Acting as the people of the local workspace, and looking at what it holds: its `/_control` interface.
import { z } from 'zod';

const messageSchema = z.looseObject({
  ts: z.string(),
  user: z.string().optional(),
  text: z.string().default(''),
  thread_ts: z.string().optional(),
  subtype: z.string().optional(),
  ephemeral_to: z.string().optional(),
  blocks: z.array(z.looseObject({ type: z.string(), block_id: z.string().optional() })).optional(),
  reactions: z.array(z.object({ name: z.string(), users: z.array(z.string()) })).optional(),
  files: z
    .array(
      z.looseObject({
        id: z.string(),
        name: z.string(),
        title: z.string().optional(),
        url_private: z.string(),
      }),
    )
    .optional(),
});
export type SlackMessage = z.infer<typeof messageSchema>;

const logSchema = z.object({
  log: z.array(
    z.looseObject({
      id: z.string(),
      time: z.number(),
      direction: z.string(),
      kind: z.string(),
      summary: z.string(),
    }),
  ),
});
export type SlackLogEntry = z.infer<typeof logSchema>['log'][number];

export interface SlackControl {
  /** Types a message; resolves with its timestamp. */
  message(said: { channel: string; user: string; text: string; threadTs?: string }): Promise<string>;
  /** Types a slash command, such as `/deploy`. */
  command(typed: { channel: string; user: string; command: string; text?: string }): Promise<void>;
  /** Puts a reaction on a message, or takes it off with `present: false`. */
  reaction(given: {
    channel: string;
    ts: string;
    user: string;
    name: string;
    present?: boolean;
  }): Promise<void>;
  /** Presses a button of a message. Throws a RangeError when the message has no such button. */
  interact(pressed: { channel: string; messageTs: string; user: string; actionId: string }): Promise<void>;
  /** All messages of a channel, threads and ephemeral ones included, oldest first. */
  messages(channel: string): Promise<SlackMessage[]>;
  /** The traffic with the app. */
  log(): Promise<SlackLogEntry[]>;
  state(): Promise<unknown>;
}

/** Drives the workspace whose page is at this address. Throws an Error with its answer when it refuses. */
export function createSlackControl(pageUrl: string): SlackControl {
  const base = `${pageUrl}/_control`;

  async function read(path: string): Promise<unknown> {
    const response = await fetch(`${base}/${path}`);
    if (!response.ok) throw new Error(`expected the workspace to answer ${path}, got ${response.status}`);
    return response.json();
  }

  async function act(path: string, body: object): Promise<unknown> {
    const response = await fetch(`${base}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = await response.text();
    if (!response.ok)
      throw new Error(`expected the workspace to take ${path}, got ${response.status}: ${answer}`);
    return JSON.parse(answer);
  }

  async function messages(channel: string): Promise<SlackMessage[]> {
    return z.object({ messages: z.array(messageSchema) }).parse(await read(`messages/${channel}`)).messages;
  }

  return {
    async message({ threadTs, ...said }) {
      const answer = await act('message', { ...said, ...(threadTs && { thread_ts: threadTs }) });
      return z.object({ message: z.object({ ts: z.string() }) }).parse(answer).message.ts;
    },
    async command(typed) {
      await act('command', { text: '', ...typed });
    },
    async reaction(given) {
      await act('reaction', given);
    },
    async interact({ channel, messageTs, user, actionId }) {
      const message = (await messages(channel)).find(({ ts }) => ts === messageTs);
      const action = buttonsOf(message).find(({ action_id }) => action_id === actionId);
      if (!action) throw new RangeError(`expected a button ${actionId} on message ${messageTs}, got none`);
      await act('interact', { channel, messageTs, user, action });
    },
    messages,
    log: async () => logSchema.parse(await read('log')).log,
    state: () => read('state'),
  };
}

const actionsSchema = z.looseObject({
  type: z.literal('actions'),
  block_id: z.string().optional(),
  elements: z.array(z.looseObject({ type: z.string(), action_id: z.string(), value: z.string().optional() })),
});

function buttonsOf(message: SlackMessage | undefined) {
  return (message?.blocks ?? []).flatMap((block, index) => {
    const actions = actionsSchema.safeParse(block);
    if (!actions.success) return [];
    const { block_id = `b${index}`, elements } = actions.data;
    return elements.map(({ type, action_id, value }) => ({ type, action_id, value, block_id }));
  });
}
