// Says in the channels of the plans that it is about that the execution switch was turned, once each.
import type { WebClient } from '@slack/web-api';
import { describeFlip, type Flip } from '../run/switch.ts';
import type { Pace } from './pace.ts';
import type { Log, Postings } from './ports.ts';
import { showMessage } from './show-message.ts';
import { section } from './view/blocks.ts';
import { type DesiredMessage, markerOf } from './view/desired-message.ts';
import { plain } from './view/escape.ts';

export interface AnnounceParts {
  readonly client: WebClient;
  readonly pace: Pace;
  /** Ends the telling. */
  readonly stopped: AbortSignal;
  readonly postings: Postings;
  readonly botUserId: string;
  readonly log: Log;
}

/** Safe to do again: what was said before is not said twice. Throws once every channel was tried, when one could not be told. */
export async function announceFlip(
  flip: Flip,
  channels: readonly string[],
  parts: AnnounceParts,
): Promise<void> {
  const failures: unknown[] = [];
  // A channel that the bot was taken out of must not keep the others from hearing of it.
  for (const channel of channels) {
    await tell(flip, channel, parts).catch((error: unknown) => failures.push(error));
    if (parts.stopped.aborted) return;
  }
  if (failures.length > 0)
    throw new AggregateError(
      failures,
      `expected to tell ${channels.length} channels, got ${failures.length} failures: ${failures.map(String).join('; ')}`,
    );
}

async function tell(flip: Flip, channel: string, parts: AnnounceParts): Promise<void> {
  const runId = 'control';
  const key = `flip-${flip.seq}-${channel}`;
  const known = (await parts.postings.list(runId)).find((each) => each.key === key);
  if (known?.state === 'posted') return;
  const showing = { ...parts, runId, channel, threadTs: null, since: flip.at };
  await showMessage(showing, flipMessage(flip, runId, key), known);
}

function flipMessage(flip: Flip, runId: string, key: string): DesiredMessage {
  const sign = flip.enabled ? ':large_green_circle:' : ':octagonal_sign:';
  const text = `${sign} Execution ${plain(describeFlip(flip))}`;
  return { key, thread: false, text, blocks: [{ ...section(text), block_id: markerOf(runId, key) }] };
}
