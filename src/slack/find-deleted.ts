// Final messages that somebody deleted: people rule by them, and nothing else would bring them back.
import { WebAPIPlatformError, type WebClient } from '@slack/web-api';
import type { RunState } from '../run/state.ts';
import type { Posting, Postings } from './ports.ts';

/** ms after its end for which a run's final message is looked after, and of how many runs: each look is a call to Slack. */
const lookedAfterMs = 24 * 3_600_000;
const mostRuns = 10;

/** Runs that ended lately and that nobody has ruled on, newest first. Pure. */
export function awaitingRuling(runs: readonly RunState[], now: number): RunState[] {
  return runs
    .filter(
      ({ finished, rulings }) =>
        finished && rulings.length === 0 && Date.parse(finished.at) > now - lookedAfterMs,
    )
    .slice(0, mostRuns);
}

/** The posting of a run's final message if Slack says that it is gone, else null. Throws when Slack cannot be read. */
export async function deletedFinal(
  client: WebClient,
  postings: Pick<Postings, 'list'>,
  { runId }: RunState,
): Promise<Posting | null> {
  const posting = (await postings.list(runId)).find(({ key }) => key === 'final');
  if (!posting?.ts || posting.state !== 'posted') return null;
  try {
    await client.reactions.get({ channel: posting.channel, timestamp: posting.ts });
    return null;
  } catch (error) {
    const refusal = error instanceof WebAPIPlatformError ? error.data.error : null;
    if (refusal === 'message_not_found') return posting;
    if (refusal === 'unknown_method') return null;
    throw error;
  }
}
