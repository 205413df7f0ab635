// Membership of user groups, read when it is asked for: somebody may have left a group a minute ago.
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';

const membersSchema = z.object({ users: z.array(z.string()) });

/** By group id; null for a group that Slack does not show or does not answer for, which then permits nothing. */
export async function readMemberships(
  client: WebClient,
  userId: string,
  userGroups: readonly string[],
): Promise<Record<string, boolean | null>> {
  const read = userGroups.map(
    async (usergroup) => [usergroup, await isMember(client, userId, usergroup)] as const,
  );
  return Object.fromEntries(await Promise.all(read));
}

async function isMember(client: WebClient, userId: string, usergroup: string): Promise<boolean | null> {
  try {
    // A disabled group answers with no members unless it is asked for, and permits nobody.
    const answer = await client.usergroups.users.list({ usergroup });
    return membersSchema.parse(answer).users.includes(userId);
  } catch {
    return null;
  }
}
