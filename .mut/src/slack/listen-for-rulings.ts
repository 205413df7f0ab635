// Rulings as they come in: reactions on the final message of a run, and the form that its button opens.
import { setTimeout as delay } from 'node:timers/promises';
import type { App } from '@slack/bolt';
import { WebAPIPlatformError, type WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { RunControl } from '../run/control.ts';
import type { Reason } from '../run/gate-result.ts';
import type { RulingWish } from '../run/judge-ruling.ts';
import { createHandleOnce } from './handle-once.ts';
import type { Inbox, Log, Postings } from './ports.ts';
import { voteOfReaction } from './read-reactions.ts';
import { inPlainText, sentence } from './view/escape.ts';
import { ruleAction } from './view/ruling.ts';
import { readRulingView, rulingFields, rulingModal, rulingView } from './view/ruling-modal.ts';

export interface RulingListenerParts {
  readonly client: WebClient;
  readonly control: RunControl;
  readonly postings: Postings;
  readonly inbox: Inbox;
  readonly log: Log;
}

/** ms within which a form is answered, even when it is not yet judged: Slack waits for 3 s. */
const mostAckMs = 2_000;

/** Registers the listeners on the app. */
export function listenForRulings(app: App, parts: RulingListenerParts): void {
  const once = createHandleOnce(parts.inbox);

  app.event('reaction_added', async ({ event, body }) => {
    const said = voteOfReaction(event.reaction);
    if (!said) return;
    const { channel, ts } = event.item;
    const run = await finalOf(parts.postings, channel, ts);
    if (run === null) return;
    // A source of its own: the listener for votes marks the same deliveries.
    await once('slack-ruling', body.event_id, async () => {
      const decision = said === 'approve' ? 'accepted' : 'rejected';
      const wish = { decision, text: '', conditions: [], gaps: [], nextPlan: null, via: 'reaction' } as const;
      const refusal = await rule(parts, { run, user: event.user, channel }, wish);
      if (refusal) await explain(parts, { run, user: event.user, channel }, refusal);
    });
  });

  app.action({ type: 'block_actions', action_id: ruleAction }, async ({ ack, body }) => {
    await ack();
    const click = clickSchema.safeParse(body);
    if (!click.success) return;
    await once('slack-ruling', click.data.trigger_id, () => openForm(parts, click.data));
  });

  app.view({ callback_id: rulingModal, type: 'view_submission' }, async ({ ack, body, view }) => {
    const read = readRulingView(view);
    const run = read && (await finalOf(parts.postings, read.place.channel, read.place.messageTs));
    const refuse = (refusal: Reason) =>
      ack({ response_action: 'errors', errors: { [fieldOf(refusal)]: inPlainText(refusal.text) } });
    // The form says what it is about, and nobody vouches for that: only the bot's own final message counts.
    if (!read || run === null || run !== read.place.run) return refuse(unreadable);
    const of = { run, user: body.user.id, channel: read.place.channel };
    const judged = rule(parts, of, read.wish).catch((error: unknown) => {
      parts.log.error({ ...of, error: String(error) }, 'a ruling was not judged');
      return notJudged;
    });
    const first = await Promise.race([judged, delay(mostAckMs, 'late' as const, { ref: false })]);
    if (first !== 'late') return first ? refuse(first) : ack();
    await ack();
    const later = await judged;
    if (later) await explain(parts, of, later);
  });
}

/** The run whose final message this is; null for every other message, whatever it looks like. */
async function finalOf(postings: Postings, channel: string, ts: string): Promise<string | null> {
  const posting = await postings.find(channel, ts);
  return posting?.key === 'final' ? posting.run : null;
}

interface Of {
  readonly run: string;
  readonly user: string;
  readonly channel: string;
}

async function rule(
  { control, log }: RulingListenerParts,
  { run, user, channel }: Of,
  wish: RulingWish,
): Promise<Reason | null> {
  const answer = await control.rule(run, { id: user, name: user, channel }, wish);
  const refusal = answer.ok ? null : answer.refusal;
  const { decision, via } = wish;
  log.info({ runId: run, user, decision, via, refusal: refusal?.code ?? null }, 'ruling');
  return refusal;
}

// Any app's message can carry a button of this name: what it is on is looked up, not believed.
const clickSchema = z.object({
  trigger_id: z.string(),
  user: z.object({ id: z.string() }),
  container: z.object({ channel_id: z.string(), message_ts: z.string() }),
});

async function openForm(
  parts: RulingListenerParts,
  { trigger_id, user, container }: z.infer<typeof clickSchema>,
): Promise<void> {
  const { client, control, postings, log } = parts;
  const { channel_id: channel, message_ts: messageTs } = container;
  const runId = await finalOf(postings, channel, messageTs);
  const run = runId === null ? null : await control.run(runId);
  if (!run) return;
  const [lineage] = await control.gaps(run.plan.lineage);
  const view = rulingView(run, lineage?.gaps ?? [], { run: run.runId, channel, messageTs });
  try {
    await client.views.open({ trigger_id, view });
  } catch (error) {
    // The same press came twice, and its form is open.
    if (error instanceof WebAPIPlatformError && error.data.error === 'exchanged_trigger_id') return;
    log.warn({ runId, error: String(error) }, 'the form for a ruling could not be opened');
    await explain(parts, { run: run.runId, user: user.id, channel }, notOpened);
  }
}

const unreadable: Reason = {
  code: 'unreadable',
  text: 'This form belongs to no finished run of mine; press the button on the last message of its thread.',
};
const notJudged: Reason = {
  code: 'not-judged',
  text: 'That did not get through to the control plane. Look at /runs RUN before you try again.',
};
const notOpened: Reason = {
  code: 'form-not-opened',
  text: 'Slack did not open the form; press the button again, or use /runs rule.',
};

/** Beside which field of the form a refusal is shown. */
function fieldOf({ code }: Reason): string {
  switch (code) {
    case 'no-conditions':
    case 'conditions':
      return rulingFields.conditions;
    case 'no-why':
      return rulingFields.why;
    case 'plan-name':
      return rulingFields.next;
    case 'rejection-closes-nothing':
      return rulingFields.decision;
    default:
      return rulingFields.text;
  }
}

/** Tells whoever tried, and nobody else, in the run's thread. Never throws. */
async function explain(
  { client, postings, log }: RulingListenerParts,
  { run, user, channel }: Of,
  refusal: Reason,
): Promise<void> {
  try {
    const root = (await postings.list(run)).find(({ key }) => key === 'root');
    const text = `Your ruling was not taken. ${sentence(refusal.text)}`;
    await client.chat.postEphemeral({ channel, user, text, ...(root?.ts && { thread_ts: root.ts }) });
  } catch (error) {
    log.warn(
      { runId: run, user, error: String(error) },
      'could not tell somebody why the ruling was refused',
    );
  }
}
