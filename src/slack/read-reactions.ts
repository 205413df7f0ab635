// What a reaction means, and which reactions stand on a message.
import { WebAPIPlatformError, type WebClient } from '@slack/web-api';
import { z } from 'zod';

/**
 * The vote that a reaction is. Names are matched exactly, after a skin tone is taken off: a custom emoji such as
 * `white_check_mark_blue`, which anybody may upload, is never a vote.
 */
export function voteOfReaction(name: string): 'approve' | 'reject' | null {
  switch (name.replace(/::skin-tone-[2-6]$/, '')) {
    case 'white_check_mark':
    case 'heavy_check_mark':
      return 'approve';
    case 'x':
      return 'reject';
    default:
      return null;
  }
}

/** Who approves and who rejects by the reactions that stand. */
export interface Stances {
  readonly approve: ReadonlySet<string>;
  readonly reject: ReadonlySet<string>;
}

type Message = z.infer<typeof messageSchema>;
const messageSchema = z.object({
  ts: z.string().optional(),
  reactions: z.array(z.object({ name: z.string(), users: z.array(z.string()) })).optional(),
});

/**
 * Reads the reactions of one message; by its thread where the workspace has no `reactions.get`. On a message that is gone
 * nothing stands: whoever consented by reaction has to do it again on the next one.
 */
export async function readStances(
  client: WebClient,
  channel: string,
  ts: string,
): Promise<Stances & { readonly isGone: boolean }> {
  const message = await readMessage(client, channel, ts);
  return { ...stancesOf(message?.reactions ?? []), isGone: message === null };
}

/** What the reactions on a message say. Pure. */
export function stancesOf(reactions: readonly { name: string; users: readonly string[] }[]): Stances {
  const stances = { approve: new Set<string>(), reject: new Set<string>() };
  for (const { name, users } of reactions) {
    const vote = voteOfReaction(name);
    if (vote === null) continue;
    for (const user of users) stances[vote].add(user);
  }
  return stances;
}

async function readMessage(client: WebClient, channel: string, ts: string): Promise<Message | null> {
  try {
    const answer = await client.reactions.get({ channel, timestamp: ts, full: true });
    return z.object({ message: messageSchema }).parse(answer).message;
  } catch (error) {
    const refusal = error instanceof WebAPIPlatformError ? error.data.error : null;
    if (refusal === 'message_not_found') return null;
    if (refusal !== 'unknown_method') throw error;
  }
  const answer = await client.conversations.replies({ channel, ts });
  const { messages } = z.object({ messages: z.array(messageSchema) }).parse(answer);
  return messages.find((each) => each.ts === ts) ?? {};
}
