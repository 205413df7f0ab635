// Votes as they come in: reactions put on and taken off the approval message, and its buttons.
import { setTimeout as delay } from 'node:timers/promises';
import type { App, types } from '@slack/bolt';
import { z } from 'zod';
import type { Vote } from '../run/control.ts';
import type { Reason } from '../run/gate-result.ts';
import { approvalPosting, castVote, explainRefusal, type VoteParts } from './cast-vote.ts';
import { createHandleOnce } from './handle-once.ts';
import { parsedJson } from './parsed-json.ts';
import type { Inbox } from './ports.ts';
import { readStances, voteOfReaction } from './read-reactions.ts';
import { askForCode, needsCode } from './second-factor-modal.ts';
import { timeOf } from './slack-time.ts';
import { approveAction, rejectAction, withdrawAction } from './view/approval.ts';

export interface VoteListenerParts extends VoteParts {
  readonly inbox: Inbox;
}

/** ms after which a click is acknowledged even when it is not yet judged: Slack waits for 3 s. */
const mostAckMs = 2_000;

const voteOfAction: Readonly<Record<string, Vote['vote']>> = {
  [approveAction]: 'approve',
  [rejectAction]: 'reject',
  [withdrawAction]: 'withdraw',
};

/** Registers the listeners on the app. */
export function listenForVotes(app: App, parts: VoteListenerParts): void {
  const once = createHandleOnce(parts.inbox);

  app.event('reaction_added', async ({ event, body }) => {
    const vote = voteOfReaction(event.reaction);
    if (vote) await once('slack', body.event_id, () => onReaction(parts, event, vote));
  });

  app.event('reaction_removed', async ({ event, body }) => {
    const taken = voteOfReaction(event.reaction);
    if (!taken) return;
    await once('slack', body.event_id, async () => {
      if (!(await stillStands(parts, event, taken))) await onReaction(parts, event, 'withdraw');
    });
  });

  app.action(
    { type: 'block_actions', action_id: new RegExp(`^(${Object.keys(voteOfAction).join('|')})$`) },
    async ({ ack, body, action }) => {
      const click = clickSchema.safeParse({ body, action });
      if (!click.success) return ack();
      const judged = once('slack', click.data.body.trigger_id, () => onButton(parts, click.data));
      // Nobody repeats a click but the person, whom Slack tells when it was not acknowledged: so not before it is recorded.
      await Promise.race([judged, delay(mostAckMs, undefined, { ref: false })]);
      await ack();
      await judged;
    },
  );
}

async function onReaction(
  parts: VoteParts,
  event: types.ReactionAddedEvent | types.ReactionRemovedEvent,
  kind: Vote['vote'],
): Promise<void> {
  const { channel, ts } = event.item;
  const posting = await approvalPosting(parts.postings, channel, ts);
  if (!posting) return;
  const vote: Vote = {
    runId: posting.run,
    request: posting.request,
    voterId: event.user,
    vote: kind,
    via: 'reaction',
    channel,
    messageTs: ts,
    votedAt: timeOf(event.event_ts),
  };
  const refusal = await castVote(parts, vote);
  if (refusal) await explainRefusal(parts, vote, refusal);
}

/** Two reactions may say the same. Taking one away withdraws nothing while the other stands; in doubt it does. */
async function stillStands(
  parts: VoteParts,
  event: types.ReactionRemovedEvent,
  taken: 'approve' | 'reject',
): Promise<boolean> {
  const { channel, ts } = event.item;
  if (!(await approvalPosting(parts.postings, channel, ts))) return false;
  try {
    return (await readStances(parts.client, channel, ts))[taken].has(event.user);
  } catch (error) {
    parts.log.warn({ channel, ts, error: String(error) }, 'could not read the reactions that still stand');
    return false;
  }
}

// The value comes back as it was posted, but any app message can carry a button of this name: it is checked, not believed.
const valueSchema = parsedJson.pipe(z.strictObject({ run: z.string(), digest: z.string() }));

const clickSchema = z.object({
  body: z.object({
    trigger_id: z.string(),
    user: z.object({ id: z.string() }),
    container: z.object({ channel_id: z.string(), message_ts: z.string() }),
  }),
  action: z.object({ action_id: z.string(), action_ts: z.string(), value: valueSchema }),
});

async function onButton(parts: VoteParts, { body, action }: z.infer<typeof clickSchema>): Promise<void> {
  const { channel_id: channel, message_ts: messageTs } = body.container;
  const posting = await approvalPosting(parts.postings, channel, messageTs);
  if (!posting || posting.run !== action.value.run) return;
  const vote: Vote = {
    runId: posting.run,
    request: posting.request,
    voterId: body.user.id,
    vote: voteOfAction[action.action_id] ?? 'reject',
    via: 'button',
    channel,
    messageTs,
    votedAt: timeOf(action.action_ts),
  };
  const run = await parts.control.run(posting.run);
  if (run?.approval?.digest !== action.value.digest) {
    await explainRefusal(parts, vote, stale);
    return;
  }
  if (vote.vote === 'approve' && needsCode(run, vote.voterId)) {
    await askForCode(parts, body.trigger_id, vote, run);
    return;
  }
  const refusal = await castVote(parts, vote);
  if (refusal) await explainRefusal(parts, vote, refusal);
}

const stale: Reason = {
  code: 'stale-digest',
  text: 'What this button stands for is no longer what is asked for; look at the newest request in the thread.',
};
