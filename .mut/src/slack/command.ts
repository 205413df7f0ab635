// What a slash command is: words in, an answer out. It knows the control plane and nothing of Slack's transport.
import type { types } from '@slack/bolt';
import type { RunControl } from '../run/control.ts';
import type { Person } from '../run/events.ts';

export interface CommandInput {
  /** What follows the command's name, trimmed. */
  readonly text: string;
  readonly user: Person;
  readonly channel: string;
}

export interface CommandAnswer {
  /** Slack mrkdwn; whatever came from people, plans or hosts is escaped in it. */
  readonly text: string;
  readonly blocks?: types.KnownBlock[];
}

export interface Command {
  /** Without the slash: `deploy`. */
  readonly name: string;
  /** How it is typed, such as `/deploy PLAN [--dry-run]`. */
  readonly usage: string;
  readonly summary: string;
  run(input: CommandInput, control: RunControl): Promise<CommandAnswer>;
}
