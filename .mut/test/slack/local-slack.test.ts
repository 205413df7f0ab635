import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebClient } from '@slack/web-api';
import { describe, expect, it } from 'vitest';
import { LocalSlackError, startLocalSlack } from '../../src/demo/local-slack.ts';
import { identifyUser } from '../../src/slack/identify.ts';
import { people } from '../fixtures/slack-workspace.ts';

const channels = [{ id: 'C0DEPLOYS', name: 'deploys' }];
const binary = process.env['LOCAL_SLACK_BIN'];

async function withFolder(use: (dir: string) => Promise<void>): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), 'interlock-local-slack-'));
  try {
    await use(join(parent, 'slack'));
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

describe('startLocalSlack', () => {
  it('says how to get a binary when there is none', () =>
    withFolder(async (dir) => {
      const started = startLocalSlack({
        people: [],
        channels,
        mode: 'socket',
        dir,
        binary: '/nowhere/local-slack',
      });
      await expect(started).rejects.toMatchObject({
        code: 'no-binary',
        message: expect.stringContaining('LOCAL_SLACK_BIN'),
      });
      await expect(started).rejects.toBeInstanceOf(LocalSlackError);
    }));

  it('answers with a page and an API, and leaves nothing behind when closed', () =>
    withFolder(async (dir) => {
      const slack = await startLocalSlack({
        people: [people.approver],
        channels,
        mode: 'socket',
        dir,
        binary,
      });
      try {
        expect(await (await fetch(slack.pageUrl)).text()).toContain('<title>local-slack</title>');
        const auth = await new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl }).auth.test();
        expect(auth).toMatchObject({ ok: true, user_id: slack.botUserId, team_id: slack.teamId });
      } finally {
        await slack.close();
      }
      await expect(access(dir)).rejects.toThrow();
      await expect(fetch(slack.pageUrl)).rejects.toThrow();
    }));

  it('says of people what Slack says of them', () =>
    withFolder(async (dir) => {
      const slack = await startLocalSlack({
        people: Object.values(people),
        channels,
        mode: 'socket',
        dir,
        binary,
      });
      try {
        const client = new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl });
        const identify = (id: string) => identifyUser(client, slack.teamId, id);
        const member = { isBot: false, isDeleted: false, isGuest: false, isStranger: false };
        expect(await identify(people.approver.id)).toEqual({
          id: people.approver.id,
          name: people.approver.realName,
          ...member,
        });
        expect(await identify(people.guest.id)).toMatchObject({ ...member, isGuest: true });
        expect(await identify(people.stranger.id)).toMatchObject({ ...member, isStranger: true });
        expect(await identify(slack.botUserId)).toMatchObject({ ...member, isBot: true });
        expect(await identify('U0NOBODY')).toMatchObject({
          isBot: null,
          isDeleted: null,
          isGuest: null,
          isStranger: null,
        });
      } finally {
        await slack.close();
      }
    }));
});
