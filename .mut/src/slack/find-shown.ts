// Looks in the workspace for what may have been posted: the answer to a crash, or a lost answer, between post and record.
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import { classifyRefusal } from './classify-refusal.ts';
import type { Pace } from './pace.ts';

export interface Thread {
  readonly client: WebClient;
  readonly pace: Pace;
  readonly channel: string;
  /** Null when the run's root message is what is looked for. */
  readonly threadTs: string | null;
  readonly botUserId: string;
  /** When the run began (RFC 3339): its root is not older. */
  readonly since: string;
}

const messageSchema = z.object({
  ts: z.string(),
  user: z.string().optional(),
  blocks: z.array(z.object({ block_id: z.string().optional() })).optional(),
  files: z.array(z.object({ id: z.string(), name: z.string().nullish() })).optional(),
});
const pageSchema = z.object({
  messages: z.array(messageSchema).default([]),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

/** The message with this marker, or null. Only the bot's own: anybody's app can copy a block id. */
export async function findMessage(thread: Thread, marker: string): Promise<string | null> {
  for await (const { ts, blocks } of ownMessages(thread)) {
    if (blocks?.[0]?.block_id === marker) return ts;
  }
  return null;
}

/** The bot's files in the thread: id by name. */
export async function findFiles(thread: Thread): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { files } of ownMessages(thread)) {
    for (const { id, name } of files ?? []) if (name) found.set(name, id);
  }
  return found;
}

const pageSize = 200;
const mostPages = 25;
/** Allowance in seconds for a clock of ours that goes ahead of Slack's. */
const clockAllowance = 600;

async function* ownMessages(thread: Thread) {
  let cursor: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const { messages, response_metadata: more } = pageSchema.parse(await readPage(thread, cursor));
    yield* messages.filter(({ user }) => user === thread.botUserId);
    cursor = more?.next_cursor;
    if (!cursor) return;
  }
}

/** A thread whose root is gone holds nothing of ours any more. */
async function readPage(thread: Thread, cursor: string | undefined): Promise<unknown> {
  try {
    return await askPage(thread, cursor);
  } catch (error) {
    if (classifyRefusal(error)?.code === 'thread_not_found') return {};
    throw error;
  }
}

function askPage(
  { client, pace, channel, threadTs, since }: Thread,
  cursor: string | undefined,
): Promise<unknown> {
  const page = { channel, limit: pageSize, ...(cursor && { cursor }) };
  const oldest = String(Date.parse(since) / 1000 - clockAllowance);
  return threadTs === null
    ? pace.call<unknown>('conversations.history', () => client.conversations.history({ ...page, oldest }))
    : pace.call<unknown>('conversations.replies', () =>
        client.conversations.replies({ ...page, ts: threadTs }),
      );
}
