// The part of the settings that the Slack layer needs, with the tokens revealed to it alone.
import type { Settings } from '../config/load.ts';
import type { SlackConfig } from '../slack/slack-config.ts';

export function slackConfigOf({ slack }: Settings): { apiUrl: string | undefined; config: SlackConfig } {
  const { apiUrl, botToken, appToken, signingSecret, port, mode } = slack;
  const config: SlackConfig =
    mode === 'socket'
      ? { mode, botToken: botToken.reveal(), appToken: appToken.reveal() }
      : { mode, botToken: botToken.reveal(), signingSecret: signingSecret.reveal(), port };
  return { apiUrl, config };
}
