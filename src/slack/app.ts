// The bot in its workspace: commands, mentions, votes, and a sweep after every connection.
import { App } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import type { Identity } from '../approval/identity.ts';
import type { RunControl } from '../run/control.ts';
import type { RunState } from '../run/state.ts';
import type { Command } from './command.ts';
import { InFlight } from './in-flight.ts';
import { createInlet } from './inlet.ts';
import { keepSwept } from './keep-swept.ts';
import { listenForCommands } from './listen-for-commands.ts';
import { listenForRulings } from './listen-for-rulings.ts';
import { listenForVotes } from './listen-for-votes.ts';
import type { Inbox, Log, Postings } from './ports.ts';
import { listenForCodes } from './second-factor-modal.ts';
import type { SlackConfig } from './slack-config.ts';
import { slackLogger } from './slack-logger.ts';
import { createSweeper } from './sweep-approvals.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

export interface SlackAppOptions {
  readonly config: SlackConfig;
  /** Base of the Web API, such as http://localhost:3000/api/; default is Slack's own. */
  readonly apiUrl?: string | undefined;
  readonly control: RunControl;
  readonly commands: readonly Command[];
  readonly postings: Postings;
  readonly inbox: Inbox;
  readonly log: Log;
  /** An open workspace, when the control plane needed `identify` before this; opened here otherwise. */
  readonly workspace?: Workspace;
  /** A message that people wait for was deleted in Slack: shows the run again. */
  readonly showAgain?: (run: RunState) => void;
  /** ms between two sweeps of the open approvals, the net under events that Slack never delivered. */
  readonly sweepEveryMs?: number;
}

export interface SlackApp {
  /** For the projector: never retries by itself, and is apart from the one that answers people. */
  readonly client: WebClient;
  readonly botUserId: string;
  /** The port that Slack's requests come to in `http` mode. */
  readonly port: number | null;
  identify(userId: string): Promise<Identity>;
  /** Brings every open approval up to the reactions that stand. Throws when Slack cannot be read. */
  sweep(): Promise<void>;
  /** The same for one run. */
  sweepOne(runId: string): Promise<void>;
  /** Takes no more events in, lets running handlers end (10 s at most), and resolves. */
  stop(): Promise<void>;
}

/** Connects and listens. Throws SlackError `refused`, `unreachable` or `not-connected`. */
export async function startSlackApp(options: SlackAppOptions): Promise<SlackApp> {
  const { config, apiUrl, control, commands, postings, inbox, log, sweepEveryMs = 60_000 } = options;
  const workspace = options.workspace ?? (await openWorkspace({ botToken: config.botToken, apiUrl, log }));
  const { interactive, botUserId, botId } = workspace;
  const voteParts = { client: interactive, control, postings, inbox, log };
  const { sweep, sweepOne } = createSweeper({
    ...voteParts,
    botUserId,
    now: Date.now,
    onDeleted: async (run, { key, channel, ts }) => {
      if (!ts) return;
      log.warn({ runId: run.runId, key, ts }, 'a message that people wait for was deleted in Slack');
      await postings.doubt({ channel, ts });
      options.showAgain?.(run);
    },
  });
  const swept = keepSwept(sweep, sweepEveryMs, log);
  const inlet = createInlet({ config, apiUrl, inbox, log, onConnected: swept.now });
  const app = new App({
    receiver: inlet.receiver,
    token: config.botToken,
    botId,
    botUserId,
    // Both are known from `auth.test`.
    tokenVerificationEnabled: false,
    convoStore: false,
    logger: slackLogger(log),
    clientOptions: { ...(apiUrl && { slackApiUrl: apiUrl }) },
  });
  const inFlight = new InFlight();
  app.use(({ next }) => inFlight.track(next()));
  app.error(async (error) => {
    log.error({ code: error.code, error: error.message }, 'a Slack handler failed');
    // It may have been a vote, in a moment in which the ledger was away.
    swept.soon();
  });
  listenForCommands(app, { workspace, control, commands, inbox, log });
  listenForVotes(app, voteParts);
  listenForRulings(app, voteParts);
  listenForCodes(app, voteParts);
  const { port } = await inlet.start(app).catch((error: unknown) => {
    swept.stop();
    throw error;
  });
  return {
    client: workspace.client,
    botUserId,
    port,
    identify: workspace.identify,
    sweep,
    sweepOne,
    async stop() {
      swept.stop();
      await inlet.stop();
      if (!(await inFlight.drained(10_000))) log.warn({}, 'a Slack handler did not end in time');
    },
  };
}
