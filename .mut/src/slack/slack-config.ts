/** How Slack reaches the bot: over a socket that the bot opens, or by signed requests to a port of its own. */
export type SlackConfig =
  | { readonly mode: 'socket'; readonly botToken: string; readonly appToken: string }
  | {
      readonly mode: 'http';
      readonly botToken: string;
      readonly signingSecret: string;
      readonly port: number;
    };

/** Where Slack's requests go in `http` mode: events, commands and interactivity alike. */
export const eventsPath = '/slack/events';
