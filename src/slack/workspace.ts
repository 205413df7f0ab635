// The bot's way into its workspace: two Web API clients and who the bot is there.
import { WebAPIPlatformError, WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { Identity, Place } from '../approval/identity.ts';
import { identifyUser } from './identify.ts';
import type { Log } from './ports.ts';
import { readPlace } from './read-place.ts';
import { SlackError } from './slack-error.ts';
import { slackLogger } from './slack-logger.ts';
import { readMemberships } from './user-groups.ts';

export interface Workspace {
  /** For answers to people. It retries, and a 429 pauses it. */
  readonly interactive: WebClient;
  /** For projecting runs. It never retries by itself, since a repeated post would show twice. */
  readonly client: WebClient;
  readonly teamId: string;
  readonly botUserId: string;
  readonly botId: string;
  /**
   * What the workspace says of a person now, and whether they are in these user groups; what it leaves out or does not answer
   * is null. Throws when the person cannot be asked for.
   */
  identify(userId: string, userGroups?: readonly string[]): Promise<Identity>;
  /** What kind of channel it is now; not known when the workspace does not say. Never throws. */
  placeOf(channel: string): Promise<Place>;
}

export interface WorkspaceOptions {
  readonly botToken: string;
  /** Base of the Web API; default is Slack's own. */
  readonly apiUrl?: string | undefined;
  readonly log: Log;
  /** ms after which an answer to the projection is given up; default 30 s, since files take their time. */
  readonly answerWithinMs?: number;
}

const authSchema = z.object({ team_id: z.string(), user_id: z.string(), bot_id: z.string() });

/** Asks the workspace who the bot is. Throws SlackError `refused` (a bad token) or `unreachable`. */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const { botToken, apiUrl, log, answerWithinMs = 30_000 } = options;
  const shared = { ...(apiUrl && { slackApiUrl: apiUrl }), logger: slackLogger(log) };
  const interactive = new WebClient(botToken, {
    ...shared,
    retryConfig: { retries: 2, minTimeout: 300 },
    timeout: 10_000,
  });
  const client = new WebClient(botToken, {
    ...shared,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: answerWithinMs,
  });
  const { team_id, user_id, bot_id } = authSchema.parse(await whoAmI(interactive));
  return {
    interactive,
    client,
    teamId: team_id,
    botUserId: user_id,
    botId: bot_id,
    identify: async (userId, userGroups = []) => {
      const [person, memberships] = await Promise.all([
        identifyUser(interactive, team_id, userId),
        readMemberships(interactive, userId, userGroups),
      ]);
      return { ...person, userGroups: memberships };
    },
    placeOf: (channel) => readPlace(interactive, channel),
  };
}

async function whoAmI(client: WebClient): Promise<unknown> {
  try {
    return await client.auth.test();
  } catch (cause) {
    if (cause instanceof WebAPIPlatformError) {
      throw new SlackError(
        'refused',
        `expected the workspace to accept the bot token, got ${cause.data.error}; install the app again and renew the token`,
        { cause },
      );
    }
    throw new SlackError(
      'unreachable',
      `expected the Slack API at ${client.slackApiUrl}, got no usable answer`,
      { cause },
    );
  }
}
