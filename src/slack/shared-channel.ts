// Channels that people of other organisations are in. There Slack cannot say whose consent it was, so nothing is asked or counted.
import { WebAPIPlatformError, type WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { RunControl } from '../run/control.ts';
import type { Reason } from '../run/gate-result.ts';

/** Null when the channel is ours alone. */
export type ChannelJudge = (channel: string) => Promise<Reason | null>;

const channelSchema = z.object({
  channel: z.object({ is_ext_shared: z.boolean().optional(), is_pending_ext_shared: z.boolean().optional() }),
});

/** Judges channels by `conversations.info`; a good answer is kept for `keepMs`, a bad one never. Default deny. */
export function createChannelJudge(
  client: WebClient,
  now: () => number = Date.now,
  keepMs = 60_000,
): ChannelJudge {
  const goodUntil = new Map<string, number>();
  return async (channel) => {
    if (now() < (goodUntil.get(channel) ?? 0)) return null;
    const refusal = await judge(client, channel);
    if (refusal === null) goodUntil.set(channel, now() + keepMs);
    return refusal;
  };
}

async function judge(client: WebClient, channel: string): Promise<Reason | null> {
  try {
    const { channel: info } = channelSchema.parse(await client.conversations.info({ channel }));
    if (info.is_ext_shared === false && info.is_pending_ext_shared !== true) return null;
    return {
      code: 'shared-channel',
      text: 'This channel is shared with another organisation, or the workspace does not say; use a channel of this workspace only.',
    };
  } catch (error) {
    return error instanceof WebAPIPlatformError
      ? {
          code: 'unknown-channel',
          text: 'I cannot look at this channel. Invite me to it (/invite) and try again.',
        }
      : { code: 'no-answer', text: 'Slack did not say what kind of channel this is. Try again in a moment.' };
  }
}

/** The control plane as Slack may use it: nothing is requested or voted on in a shared channel. */
export function guardChannels(control: RunControl, judgeChannel: ChannelJudge): RunControl {
  return {
    request: async (wish) => {
      const refusal = await judgeChannel(wish.channel);
      return refusal ? { ok: false, refusal } : control.request(wish);
    },
    vote: async (vote) => {
      // Only a consent can do harm: a rejection or a withdrawal must never be lost because Slack did not answer.
      const refusal = vote.vote === 'approve' ? await judgeChannel(vote.channel) : null;
      return refusal ? { ok: false, refusal } : control.vote(vote);
    },
    abort: (runId, by, reason) => control.abort(runId, by, reason),
    publish: (runId, by) => control.publish(runId, by),
    run: (runId) => control.run(runId),
    recent: (limit) => control.recent(limit),
    plans: () => control.plans(),
  };
}
