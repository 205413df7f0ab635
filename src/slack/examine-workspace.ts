// What a token can do in its workspace, for `interlock doctor`.
import { WebClient } from '@slack/web-api';
import { z } from 'zod';
import { botScopes } from './scopes.ts';

const channelAnswer = z.object({
  channel: z.object({
    name: z.string().optional(),
    is_member: z.boolean().optional(),
    is_archived: z.boolean().optional(),
    is_ext_shared: z.boolean().optional(),
  }),
});

/** Token, scopes and channels; yields each finding with its mend. Sends nothing that anybody sees. */
export async function* examineWorkspace({
  botToken,
  apiUrl,
  channels,
}: {
  botToken: string;
  apiUrl: string | undefined;
  channels: readonly string[];
}): AsyncGenerator<{ ok: boolean; text: string }> {
  const client = new WebClient(botToken, {
    ...(apiUrl && { slackApiUrl: apiUrl }),
    retryConfig: { retries: 1 },
    rejectRateLimitedCalls: true,
  });
  try {
    const who = await client.auth.test();
    yield { ok: true, text: `slack: ${who.user ?? 'the bot'} in ${who.team ?? 'its workspace'}` };
    const granted = who.response_metadata?.scopes;
    const missing = granted ? botScopes.filter((scope) => !granted.includes(scope)) : [];
    if (granted)
      yield missing.length === 0
        ? { ok: true, text: 'slack: every scope is granted' }
        : {
            ok: false,
            text: `slack: missing scopes ${missing.join(', ')}; update the app from slack/manifest.yaml and install it again`,
          };
  } catch (error) {
    yield {
      ok: false,
      text: `slack: ${error instanceof Error ? error.message : String(error)}; check the bot token, and slack.apiUrl (SLACK_API_URL) if it is set`,
    };
    return;
  }
  for (const channel of channels) {
    try {
      const { channel: found } = channelAnswer.parse(await client.conversations.info({ channel }));
      if (found.is_ext_shared)
        yield {
          ok: false,
          text: `slack: channel ${channel} is shared with another organisation; runs are refused there. Use an internal channel`,
        };
      else if (found.is_archived)
        yield {
          ok: false,
          text: `slack: channel ${channel} is archived; unarchive it, and what waits for it is shown`,
        };
      else
        yield found.is_member === false
          ? { ok: false, text: `slack: the bot is not in channel ${channel}; invite it there` }
          : { ok: true, text: `slack: channel ${found.name ?? channel}` };
    } catch (error) {
      yield {
        ok: false,
        text: `slack: channel ${channel}: ${error instanceof Error ? error.message : String(error)}; check approval.channels of the plan`,
      };
    }
  }
}
