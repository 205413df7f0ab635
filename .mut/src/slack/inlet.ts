// The way by which Slack's events come in.
import type { App, Receiver } from '@slack/bolt';
import { createHttpInlet } from './http-inlet.ts';
import type { Inbox, Log } from './ports.ts';
import type { SlackConfig } from './slack-config.ts';
import { createSocketInlet } from './socket-inlet.ts';

export interface Inlet {
  readonly receiver: Receiver;
  /** Begins to receive for the app. Resolves with the port that is listened on, if there is one. */
  start(app: App): Promise<{ port: number | null }>;
  /** Takes no more events in. */
  stop(): Promise<void>;
}

export interface InletOptions {
  readonly config: SlackConfig;
  readonly apiUrl?: string | undefined;
  /** Remembers signed requests, so that a recorded one cannot be sent again; for `http`. */
  readonly inbox: Inbox;
  readonly log: Log;
  /** Events may have been missed before this: at the first connection and at every later one. */
  readonly onConnected: () => void;
}

export function createInlet(options: InletOptions): Inlet {
  const { config } = options;
  return config.mode === 'socket'
    ? createSocketInlet({ ...options, appToken: config.appToken })
    : createHttpInlet({ ...options, signingSecret: config.signingSecret, port: config.port });
}
