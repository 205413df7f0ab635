// Socket Mode, with a reconnect loop of our own: the library's rejects a promise that nobody holds when a reconnect fails for
// good, which ends the process, and it lets five seconds pass before it tries.
import { setTimeout as delay } from 'node:timers/promises';
import { SocketModeReceiver } from '@slack/bolt';
import type { Inlet, InletOptions } from './inlet.ts';
import { SlackError } from './slack-error.ts';
import { slackLogger } from './slack-logger.ts';

const firstWaitMs = 500;
/** People wait for what they have said to be heard. */
const mostWaitMs = 10_000;
/** A connection that held this long was a good one: the next reconnect begins at once. */
const steadyMs = 10_000;

type SocketOptions = Pick<InletOptions, 'apiUrl' | 'log' | 'onConnected'> & { appToken: string };

export function createSocketInlet({ apiUrl, log, onConnected, appToken }: SocketOptions): Inlet {
  const receiver = new SocketModeReceiver({
    appToken,
    logger: slackLogger(log),
    autoReconnectEnabled: false,
    // An object of its own: the library writes into it.
    installerOptions: {
      clientOptions: { ...(apiUrl && { slackApiUrl: apiUrl }), retryConfig: { retries: 0 }, timeout: 10_000 },
    },
  });
  const { client } = receiver;
  const stopped = new AbortController();
  let reconnecting = true;
  let failures = 0;
  let connectedAt = 0;

  client.on('connected', () => {
    connectedAt = Date.now();
    log.info({}, 'connected to Slack');
    onConnected();
  });
  client.on('disconnected', () => {
    if (reconnecting || stopped.signal.aborted) return;
    log.warn({}, 'the connection to Slack is gone; reconnecting');
    void reconnect();
  });

  async function reconnect(): Promise<void> {
    reconnecting = true;
    failures = Date.now() - connectedAt > steadyMs ? 0 : failures + 1;
    while (!stopped.signal.aborted) {
      try {
        if (failures > 0) await delay(waitOf(failures), undefined, { signal: stopped.signal });
        await client.start();
        reconnecting = false;
        return;
      } catch (error) {
        if (stopped.signal.aborted) return;
        failures += 1;
        log.error(
          { error: String(error), waitMs: waitOf(failures) },
          'could not reconnect to Slack; trying again',
        );
      }
    }
  }

  return {
    receiver,
    start: async (app) => {
      try {
        await app.start();
      } catch (cause) {
        throw new SlackError(
          'not-connected',
          'expected Slack to open a socket; check the app token and that Socket Mode is on',
          {
            cause,
          },
        );
      }
      reconnecting = false;
      return { port: null };
    },
    stop: async () => {
      stopped.abort();
      await Promise.race([client.disconnect(), delay(3000, undefined, { ref: false })]);
    },
  };
}

function waitOf(failures: number): number {
  return Math.min(firstWaitMs * 2 ** (failures - 1), mostWaitMs);
}
