import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { commands } from '../fixtures/slack-bot.ts';

const manifest = z
  .object({
    display_information: z.object({
      name: z.string().max(35),
      description: z.string().max(140),
      long_description: z.string().min(175).max(4000),
    }),
    features: z.object({
      slash_commands: z.array(
        z.object({
          command: z.string().max(32),
          description: z.string().max(2000),
          usage_hint: z.string().max(1000),
        }),
      ),
    }),
    oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }),
    settings: z.object({
      event_subscriptions: z.object({ bot_events: z.array(z.string()) }),
      interactivity: z.object({ is_enabled: z.literal(true) }),
      socket_mode_enabled: z.literal(true),
    }),
  })
  .parse(parse(readFileSync(new URL('../../slack/manifest.yaml', import.meta.url), 'utf8')));

describe('the app manifest', () => {
  it('has exactly the commands that there are', () => {
    const declared = manifest.features.slash_commands.map(({ command, usage_hint }) =>
      `${command} ${usage_hint}`.replace('RUN reason', 'RUN [reason]'),
    );
    expect(declared.toSorted()).toEqual(commands.map(({ usage }) => usage).toSorted());
  });

  it('asks for the least: nothing to administer, nothing to read beyond channels, reactions, people and their groups', () => {
    expect(manifest.oauth_config.scopes.bot).toEqual(manifest.oauth_config.scopes.bot.toSorted());
    expect(manifest.oauth_config.scopes.bot).not.toContainEqual(
      expect.stringMatching(/admin|^im:|^mpim:|email|chat:write\.|usergroups:write/),
    );
    expect(manifest.settings.event_subscriptions.bot_events).toEqual([
      'app_mention',
      'reaction_added',
      'reaction_removed',
    ]);
  });
});
