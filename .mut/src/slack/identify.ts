// From Slack's user object to what the approval policy asks of a person. A field that Slack leaves out is null, never false.
import { WebAPIPlatformError, type WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { Identity } from '../approval/identity.ts';

const userSchema = z.object({
  id: z.string(),
  name: z.string().optional(),
  real_name: z.string().optional(),
  profile: z.object({ display_name: z.string().optional(), real_name: z.string().optional() }).optional(),
  team_id: z.string().optional(),
  deleted: z.boolean().optional(),
  is_bot: z.boolean().optional(),
  is_workflow_bot: z.boolean().optional(),
  is_connector_bot: z.boolean().optional(),
  is_restricted: z.boolean().optional(),
  is_ultra_restricted: z.boolean().optional(),
  is_stranger: z.boolean().optional(),
  enterprise_user: z.object({ teams: z.array(z.string()).optional() }).optional(),
});
export type SlackUser = z.infer<typeof userSchema>;

/** Asks `users.info`. A user that the workspace does not show has null everywhere; other failures are thrown. */
export async function identifyUser(client: WebClient, teamId: string, userId: string): Promise<Identity> {
  try {
    const { user } = z.object({ user: userSchema }).parse(await client.users.info({ user: userId }));
    return identityOf(user, teamId);
  } catch (error) {
    const isUnknown = error instanceof WebAPIPlatformError && unknownUser.includes(error.data.error);
    if (!isUnknown) throw error;
    return { id: userId, name: userId, isBot: null, isDeleted: null, isGuest: null, isStranger: null };
  }
}

const unknownUser = ['user_not_found', 'user_not_visible'];

/**
 * Slack sends `is_bot`, `deleted` and `team_id` for everybody and the two guest fields for every active account.
 * `is_stranger` alone proves nothing: Slack leaves it out for members, and sets it to false for people of other workspaces in
 * shared channels. So belonging is read from `team_id`, or from the workspaces of a Grid user.
 */
export function identityOf(user: SlackUser, teamId: string): Identity {
  const { is_restricted: multi, is_ultra_restricted: single } = user;
  return {
    id: user.id,
    // The name that a record is read by later, before the one that its bearer may change at any time.
    name: user.real_name || user.profile?.real_name || user.profile?.display_name || user.name || user.id,
    isBot: user.is_bot === undefined ? null : isAutomatic(user),
    isDeleted: user.deleted ?? null,
    isGuest: multi === undefined || single === undefined ? null : multi || single,
    isStranger: isStranger(user, teamId),
  };
}

function isAutomatic({ id, is_bot, is_workflow_bot, is_connector_bot }: SlackUser): boolean {
  return is_bot === true || is_workflow_bot === true || is_connector_bot === true || id === 'USLACKBOT';
}

function isStranger({ is_stranger, team_id, enterprise_user }: SlackUser, teamId: string): boolean | null {
  if (is_stranger === true) return true;
  if (enterprise_user?.teams?.includes(teamId)) return false;
  return team_id === undefined ? null : team_id !== teamId;
}
