// Brings one message of the workspace to what it should be: posts it once, updates it in place.
import { WebAPIPlatformError } from '@slack/web-api';
import { z } from 'zod';
import { digestOf } from '../evidence/digest.ts';
import { findMessage, type Thread } from './find-shown.ts';
import type { Log, Posting, Postings } from './ports.ts';
import { section } from './view/blocks.ts';
import { type DesiredMessage, markerOf } from './view/desired-message.ts';
import { limits } from './view/fit-to-limits.ts';
import { trimMrkdwn } from './view/trim.ts';

export interface Showing extends Thread {
  readonly runId: string;
  readonly postings: Postings;
  readonly log: Log;
}

/** Digest of what a message shows; the same digest needs no update. */
export function digestOfMessage({ text, blocks }: DesiredMessage): string {
  return digestOf({ text, blocks });
}

/** Posts or updates; returns the message's timestamp. Throws what Slack or the table throws; doing it again is safe. */
export async function showMessage(
  showing: Showing,
  message: DesiredMessage,
  known: Posting | undefined,
): Promise<string> {
  const { postings, runId: run, channel } = showing;
  const { key } = message;
  const digest = digestOfMessage(message);
  if (!known) await postings.begin({ run, key, channel });
  const ts = await place(showing, message, known);
  await postings.posted({ run, key, ts, digest });
  return ts;
}

async function place(showing: Showing, message: DesiredMessage, known: Posting | undefined): Promise<string> {
  if (!known) return post(showing, message);
  const ts =
    known.state === 'posted' && known.ts
      ? known.ts
      : await findMessage(showing, markerOf(showing.runId, message.key));
  if (ts === null) return post(showing, message);
  return (await update(showing, message, ts)) ? ts : post(showing, message);
}

async function post(showing: Showing, message: DesiredMessage): Promise<string> {
  const { client, pace, channel, threadTs } = showing;
  const answer = await orPlainer(showing, message, ({ text, blocks }) =>
    pace.call(() =>
      client.chat.postMessage({
        channel,
        text,
        blocks: [...blocks],
        unfurl_links: false,
        unfurl_media: false,
        ...(threadTs !== null && { thread_ts: threadTs }),
      }),
    ),
  );
  const { ts } = z.object({ ts: z.string() }).parse(answer);
  await offerReactions(showing, message, ts);
  return ts;
}

/** Puts the reactions there that people may join: in a thread of the local workspace's page there is no other way to react. */
async function offerReactions(
  { client, pace, channel, log, runId }: Showing,
  { key, reactions = [] }: DesiredMessage,
  timestamp: string,
): Promise<void> {
  for (const name of reactions) {
    try {
      await pace.call(() => client.reactions.add({ channel, timestamp, name }));
    } catch (error) {
      // Without them people still find the emoji picker and the buttons.
      if (platformCode(error) !== 'already_reacted')
        log.warn({ runId, key, name, error: String(error) }, 'could not offer a reaction');
    }
  }
}

/** False when the message is gone, as after somebody deleted it. */
async function update(showing: Showing, message: DesiredMessage, ts: string): Promise<boolean> {
  const { client, pace, channel, log, runId } = showing;
  try {
    await orPlainer(showing, message, ({ text, blocks }) =>
      pace.call(() => client.chat.update({ channel, ts, text, blocks: [...blocks] })),
    );
    return true;
  } catch (error) {
    if (platformCode(error) !== 'message_not_found') throw error;
    log.warn({ runId, key: message.key, ts }, 'a message of the run was deleted in Slack; posting it again');
    return false;
  }
}

const refusedContent = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_too_long',
  'msg_blocks_too_long',
]);

/** A message that Slack refuses to draw is still said in plain words: a silent thread would be worse. */
async function orPlainer<T>(
  showing: Showing,
  message: DesiredMessage,
  send: (message: DesiredMessage) => Promise<T>,
): Promise<T> {
  try {
    return await send(message);
  } catch (error) {
    const refusal = platformCode(error);
    if (refusal === null || !refusedContent.has(refusal)) throw error;
    const { runId, log } = showing;
    log.error(
      { runId, key: message.key, refusal },
      'Slack refused the blocks of a message; sending its text alone',
    );
    const text = trimMrkdwn(message.text, limits.sectionText);
    return send({ ...message, text, blocks: [{ ...section(text), block_id: markerOf(runId, message.key) }] });
  }
}

function platformCode(error: unknown): string | null {
  return error instanceof WebAPIPlatformError ? error.data.error : null;
}
