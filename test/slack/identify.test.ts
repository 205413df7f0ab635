// What Slack's answer says of a person, field by field: what is not said is not known, and what is not known permits nothing.
import { WebAPIPlatformError, type WebClient } from '@slack/web-api';
import { describe, expect, it } from 'vitest';
import { refusalOfIdentity } from '../../src/approval/refuse-person.ts';
import { identifyUser, identityOf, type SlackUser } from '../../src/slack/identify.ts';
import { readPlace } from '../../src/slack/read-place.ts';
import { readMemberships } from '../../src/slack/user-groups.ts';

const team = 'T0OURS';
const member: SlackUser = {
  ...{ id: 'U0ALICE', name: 'alice', real_name: 'Alice A.', team_id: team },
  ...{ deleted: false, is_bot: false, is_restricted: false, is_ultra_restricted: false },
};
const without = (...fields: (keyof SlackUser)[]): SlackUser =>
  Object.fromEntries(
    Object.entries(member).filter(([name]) => !fields.includes(name as keyof SlackUser)),
  ) as SlackUser;

type Facts = 'isBot' | 'isDeleted' | 'isGuest' | 'isStranger';
const nobody = { isBot: null, isDeleted: null, isGuest: null, isStranger: null };

describe('a person in Slack', () => {
  it('is a full member where every field says so', () => {
    expect(identityOf(member, team)).toEqual({
      ...{
        id: 'U0ALICE',
        name: 'Alice A.',
        isBot: false,
        isDeleted: false,
        isGuest: false,
        isStranger: false,
      },
    });
    expect(refusalOfIdentity(identityOf(member, team))).toBeNull();
  });

  it.each<[string, SlackUser, Facts, boolean | null]>([
    ['a bot', { ...member, is_bot: true }, 'isBot', true],
    ['a workflow', { ...member, is_workflow_bot: true }, 'isBot', true],
    ['a connector', { ...member, is_connector_bot: true }, 'isBot', true],
    ['Slackbot', { ...member, id: 'USLACKBOT' }, 'isBot', true],
    ['one of whom it is not said whether it is a bot', without('is_bot'), 'isBot', null],
    ['a deactivated account', { ...member, deleted: true }, 'isDeleted', true],
    ['one of whom it is not said whether it is deactivated', without('deleted'), 'isDeleted', null],
    ['a guest of several channels', { ...member, is_restricted: true }, 'isGuest', true],
    [
      'a guest of one channel',
      { ...member, is_restricted: true, is_ultra_restricted: true },
      'isGuest',
      true,
    ],
    ['a guest of one channel alone', { ...member, is_ultra_restricted: true }, 'isGuest', true],
    ['one of whom the first guest field is missing', without('is_restricted'), 'isGuest', null],
    ['one of whom the second guest field is missing', without('is_ultra_restricted'), 'isGuest', null],
    ['one of another team', { ...member, team_id: 'T0THEIRS' }, 'isStranger', true],
    [
      'one of another team of whom Slack says that it is no stranger',
      { ...member, team_id: 'T0THEIRS', is_stranger: false },
      'isStranger',
      true,
    ],
    ['one of no known team', without('team_id'), 'isStranger', null],
    [
      'one of no known team of whom Slack says that it is no stranger',
      { ...without('team_id'), is_stranger: false },
      'isStranger',
      null,
    ],
    ['a stranger that bears our team', { ...member, is_stranger: true }, 'isStranger', true],
    [
      'a Grid user of other workspaces alone',
      { ...member, team_id: 'E0GRID', enterprise_user: { teams: ['T0THEIRS'] } },
      'isStranger',
      true,
    ],
  ])('who is %s may do nothing', (_, user, field, value) => {
    const identity = identityOf(user, team);
    expect(identity[field]).toBe(value);
    expect(refusalOfIdentity(identity)).not.toBeNull();
    // Of the other three it says as before.
    for (const other of ['isBot', 'isDeleted', 'isGuest', 'isStranger'] as const)
      if (other !== field) expect(identity[other]).toBe(false);
  });

  it('belongs here as a Grid user of this workspace, unless Slack calls it a stranger', () => {
    const user = { ...member, team_id: 'E0GRID', enterprise_user: { teams: [team] } };
    expect(identityOf(user, team).isStranger).toBe(false);
    expect(identityOf({ ...user, is_stranger: true }, team).isStranger).toBe(true);
  });

  it('goes by the real name, and by what is there where there is none', () => {
    const named = (user: SlackUser) => identityOf(user, team).name;
    expect(named({ ...member, profile: { display_name: 'ceo' } })).toBe('Alice A.');
    expect(named({ ...without('real_name'), profile: { display_name: 'ceo', real_name: 'Alice' } })).toBe(
      'Alice',
    );
    expect(named({ ...without('real_name'), profile: { display_name: 'ceo' } })).toBe('ceo');
    expect(named(without('real_name'))).toBe('alice');
    expect(named(without('real_name', 'name'))).toBe('U0ALICE');
  });
});

/** A client of which only these two calls are there. */
function client(info: () => Promise<unknown>, list: (group: string) => Promise<unknown> = info): WebClient {
  return {
    users: { info },
    usergroups: { users: { list: ({ usergroup }: { usergroup: string }) => list(usergroup) } },
  } as unknown as WebClient;
}
const refused = (error: string) => () => Promise.reject(new WebAPIPlatformError({ ok: false, error }));

describe('a look-up of a person', () => {
  it('is what Slack answers', async () => {
    const answer = async () => ({ ok: true, user: member });
    expect(await identifyUser(client(answer), team, 'U0ALICE')).toEqual(identityOf(member, team));
  });

  it.each(['user_not_found', 'user_not_visible'])(
    'that ends with %s knows nothing of them',
    async (error) => {
      const identity = await identifyUser(client(refused(error)), team, 'U0EVE');
      expect(identity).toEqual({ id: 'U0EVE', name: 'U0EVE', ...nobody });
      expect(refusalOfIdentity(identity)).not.toBeNull();
    },
  );

  it.each<[string, () => Promise<unknown>]>([
    ['is refused', refused('ratelimited')],
    ['fails', () => Promise.reject(new Error('socket hang up'))],
    ['answers without a user', async () => ({ ok: true })],
    ['answers with another form', async () => ({ ok: true, user: { ...member, is_bot: 'no' } })],
  ])('that %s rejects, and takes nobody for a member', async (_, answer) => {
    await expect(identifyUser(client(answer), team, 'U0ALICE')).rejects.toThrow();
  });
});

describe('membership of user groups', () => {
  it('is what Slack answers for each, and not known for one that it does not answer for', async () => {
    const list = async (group: string) => {
      if (group === 'S0GONE') return refused('no_such_subteam')();
      if (group === 'S0ODD') return { ok: true };
      return { ok: true, users: group === 'S0IN' ? ['U0BOB', 'U0ALICE'] : ['U0BOB'] };
    };
    const groups = ['S0IN', 'S0OUT', 'S0GONE', 'S0ODD'];
    expect(await readMemberships(client(refused('no'), list), 'U0ALICE', groups)).toEqual({
      ...{ S0IN: true, S0OUT: false, S0GONE: null, S0ODD: null },
    });
  });
});

describe('a channel', () => {
  const of = (info: () => Promise<unknown>) =>
    readPlace({ conversations: { info } } as unknown as WebClient, 'C0DEPLOYS');
  const saying = (channel: object) => async () => ({ ok: true, channel });

  it.each<[string, () => Promise<unknown>, boolean | null]>([
    ['is ours where Slack says so', saying({ is_ext_shared: false }), false],
    ['is shared', saying({ is_ext_shared: true, is_pending_ext_shared: false }), true],
    ['is going to be shared', saying({ is_ext_shared: false, is_pending_ext_shared: true }), true],
    ['of which it is not said is not known to be ours', saying({}), null],
    ['that Slack does not show is not known to be ours', refused('channel_not_found'), null],
  ])('%s', async (_, info, isShared) => {
    expect(await of(info)).toEqual({ channel: 'C0DEPLOYS', isShared });
  });
});
