// Brings one message of the workspace to what it should be: posts it once, updates it in place.
import { z } from 'zod';
import { classifyRefusal, type Refusal } from './classify-refusal.ts';
import { findMessage, type Thread } from './find-shown.ts';
import type { Log, Posting, Postings } from './ports.ts';
import { type DesiredMessage, markerOf } from './view/desired-message.ts';
import { digestOfMessage, type Rendering, renderingsOf } from './view/plainer.ts';

export interface Showing extends Thread {
  readonly runId: string;
  readonly postings: Postings;
  readonly log: Log;
  /** How often this message was tried in vain; without it, never. */
  readonly failures?: number;
  /** It is on record that the message stands in the workspace, for the first time. */
  readonly onPosted?: (runId: string, key: string) => void;
}

export interface Shown {
  /** The message's timestamp. */
  readonly ts: string;
  /** Why it does not stand there whole; null when it does. */
  readonly refusal: string | null;
}

/** After so many tries an answer that may pass is taken for one to this content, and less of it is tried. */
const patience = 2;

/** Posts or updates. Throws what Slack or the table throws; doing it again is safe. */
export async function showMessage(
  showing: Showing,
  message: DesiredMessage,
  known: Posting | undefined,
): Promise<Shown> {
  const { postings, runId: run, channel, onPosted } = showing;
  const { key } = message;
  const digest = digestOfMessage(message);
  if (!known) await postings.begin({ run, key, channel });
  const stands = known ? (known.ts ?? (await findBegun(showing, key))?.ts ?? null) : null;
  if (stands !== null && (await update(showing, message, stands))) {
    await postings.posted({ run, key, digest, ts: stands });
    return { ts: stands, refusal: null };
  }
  const shown = await post(showing, message);
  await postings.posted({ run, key, digest, ...shown });
  onPosted?.(run, key);
  // After the record: somebody may press a button while these are put there.
  await offerReactions(showing, message, shown.ts);
  return shown;
}

/** A message that was begun and stands there is on record before it is changed, which may be refused. */
export async function findBegun(
  showing: Showing,
  key: string,
): Promise<(Pick<Posting, 'digest' | 'state'> & { readonly ts: string }) | null> {
  const { postings, runId: run, onPosted } = showing;
  const ts = await findMessage(showing, markerOf(run, key));
  if (ts === null) return null;
  await postings.posted({ run, key, ts, digest: contentUnknown });
  onPosted?.(run, key);
  return { ts, digest: contentUnknown, state: 'posted' };
}

const contentUnknown = 'unknown';

/** The whole if Slack takes it, else as much of it as it takes: a silent thread would be worse. */
async function post(showing: Showing, message: DesiredMessage): Promise<Shown> {
  const { runId, log, failures = 0 } = showing;
  const { key } = message;
  let refusal: Refusal | null = null;
  let failure: unknown;
  for (const index of renderingsOf(message, null).keys()) {
    const rendering = renderingsOf(message, refusal?.code ?? null)[index];
    if (!rendering) break;
    // An answer such as `internal_error` may come to a message that was posted: the next try finds and updates it.
    if (refusal?.kind === 'passing' && (await findMessage(showing, markerOf(runId, key))) !== null) break;
    try {
      const ts = await send(showing, rendering);
      return { ts, refusal: rendering.isWhole ? null : (refusal?.code ?? null) };
    } catch (error) {
      failure = error;
      refusal = classifyRefusal(error);
      const goesOn = refusal?.kind === 'refused' || (refusal?.kind === 'passing' && failures >= patience);
      if (!goesOn) throw error;
      log.error({ runId, key, refusal: refusal?.code }, 'Slack did not take a message; sending less of it');
    }
  }
  throw failure;
}

async function send(showing: Showing, { text, blocks }: Rendering): Promise<string> {
  const { client, pace, channel, threadTs } = showing;
  const answer = await pace.call('chat.postMessage', () =>
    client.chat.postMessage({
      channel,
      text,
      blocks: [...blocks],
      unfurl_links: false,
      unfurl_media: false,
      ...(threadTs !== null && { thread_ts: threadTs }),
    }),
  );
  return z.object({ ts: z.string() }).parse(answer).ts;
}

/** Puts the reactions there that people may join: in a thread of the local workspace's page there is no other way to react. */
async function offerReactions(
  { client, pace, channel, log, runId }: Showing,
  { key, reactions = [] }: DesiredMessage,
  timestamp: string,
): Promise<void> {
  for (const name of reactions) {
    try {
      await pace.once('reactions.add', () => client.reactions.add({ channel, timestamp, name }));
    } catch (error) {
      // Without them people still find the emoji picker and the buttons.
      if (classifyRefusal(error)?.code !== 'already_reacted')
        log.warn({ runId, key, name, error: String(error) }, 'could not offer a reaction');
    }
  }
}

/** False when the message is gone, as after somebody deleted it. */
async function update(showing: Showing, message: DesiredMessage, ts: string): Promise<boolean> {
  const { client, pace, channel, log, runId } = showing;
  const { text, blocks, key } = message;
  try {
    await pace.once('chat.update', () => client.chat.update({ channel, ts, text, blocks: [...blocks] }));
    return true;
  } catch (error) {
    if (classifyRefusal(error)?.kind !== 'gone') throw error;
    log.warn({ runId, key, ts }, 'a message of the run was deleted in Slack; posting it again');
    return false;
  }
}
