// What Slack always says of people and channels and the local workspace leaves out. Without it nobody there could approve: the
// bot denies whoever it does not know to be a full member, and rightly so.
import { z } from 'zod';
import { type Forwarding, forwardSlackApi, type SlackAnswer } from './forward-slack-api.ts';

export interface WorkspacePerson {
  /** Slack user id, such as U0ALEX. */
  readonly id: string;
  readonly name: string;
  readonly realName: string;
  /** A guest: Slack calls it restricted. */
  readonly guest?: boolean;
  /** A member of this other workspace, seen through a shared channel. */
  readonly otherTeamId?: string;
  readonly deactivated?: boolean;
}

/** Serves the API of the workspace at `pageUrl` with users and channels completed. */
export function completeWorkspace(options: {
  pageUrl: string;
  people: readonly WorkspacePerson[];
}): Promise<Forwarding> {
  const people = new Map(options.people.map((person) => [person.id, person]));
  return forwardSlackApi({
    target: `${options.pageUrl}/api/`,
    answer: async ({ method }, forward) => {
      const answer = await forward();
      switch (method) {
        case 'users.info':
          return {
            ...answer,
            ...completed(answer, 'user', (user) => userFields(people.get(String(user['id'])))),
          };
        case 'conversations.info':
          return {
            ...answer,
            ...completed(answer, 'channel', () => ({
              is_ext_shared: false,
              is_pending_ext_shared: false,
              is_org_shared: false,
            })),
          };
        default:
          return answer;
      }
    },
  });
}

const objectSchema = z.record(z.string(), z.unknown());

function completed(
  answer: SlackAnswer,
  name: string,
  missing: (held: SlackAnswer) => SlackAnswer,
): SlackAnswer {
  const held = objectSchema.safeParse(answer[name]);
  return held.success ? { [name]: { ...held.data, ...missing(held.data) } } : {};
}

/** Nobody in particular is a full member, as the bot itself is. */
function userFields(person: WorkspacePerson | undefined): SlackAnswer {
  return {
    is_restricted: person?.guest ?? false,
    is_ultra_restricted: false,
    is_owner: false,
    is_primary_owner: false,
    ...(person?.otherTeamId && { team_id: person.otherTeamId, is_stranger: true }),
    ...(person?.deactivated && { deleted: true }),
  };
}
