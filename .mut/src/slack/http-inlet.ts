// HTTP mode: Slack's signed requests. Bolt verifies signature and age. Before that anybody can connect, so everything that a
// sender can hold on to is bounded: the body, the time in which a request must be here, the number of connections.
import { createServer } from 'node:http';
import { HTTPReceiver } from '@slack/bolt';
import type { Inlet, InletOptions } from './inlet.ts';
import { refuseReplays, replayOptions } from './refuse-replays.ts';
import { eventsPath } from './slack-config.ts';
import { SlackError } from './slack-error.ts';
import { slackLogger } from './slack-logger.ts';

/** Slack's own payloads stay far below; the limit is against senders who are not Slack. */
const mostBodyBytes = 1_000_000;
const mostConnections = 256;

/** ms in which a sender must be done, from its first byte on. Slack itself gives up after 3 s. */
export interface HttpPatience {
  readonly headersMs: number;
  readonly requestMs: number;
  /** ms between two looks for connections that are late. */
  readonly lookEveryMs: number;
}
const defaultPatience: HttpPatience = { headersMs: 5_000, requestMs: 10_000, lookEveryMs: 1_000 };

type HttpOptions = Pick<InletOptions, 'inbox' | 'log' | 'onConnected'> & {
  signingSecret: string;
  port: number;
  patience?: HttpPatience;
};

export function createHttpInlet(options: HttpOptions): Inlet {
  const { inbox, log, onConnected, signingSecret, port, patience = defaultPatience } = options;
  const receiver = new HTTPReceiver({
    ...replayOptions,
    signingSecret,
    endpoints: [eventsPath],
    bodyLimit: mostBodyBytes,
    logger: slackLogger(log),
  });
  const server = createServer(
    {
      headersTimeout: patience.headersMs,
      requestTimeout: patience.requestMs,
      connectionsCheckingInterval: patience.lookEveryMs,
    },
    (request, response) => {
      // A body that was refused half-read would keep its connection open for as long as its sender likes.
      response.once('finish', () => {
        if (!request.complete) request.socket.destroySoon();
      });
      // Bolt counts the bytes that come, and would wait for as many as were announced.
      if (Number(request.headers['content-length']) > mostBodyBytes) {
        response.writeHead(413).end();
        return;
      }
      try {
        receiver.requestListener(request, response);
      } catch {
        // Bolt throws for every path and method that is not its own.
        response.writeHead(404).end();
      }
    },
  );
  server.maxConnections = mostConnections;
  // Also when it listens, such as for a connection that the system has no descriptor for.
  server.on('error', (error) => log.warn({ error: String(error) }, 'the port for Slack reported an error'));
  return {
    receiver: refuseReplays(receiver, { inbox, log }),
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', (cause) =>
          reject(
            new SlackError(
              'not-connected',
              `expected port ${port} to be free for Slack's requests; choose another`,
              { cause },
            ),
          ),
        );
        server.listen(port, () => {
          const address = server.address();
          onConnected();
          resolve({ port: typeof address === 'object' && address !== null ? address.port : port });
        });
      }),
    stop: async () => {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const late = setTimeout(() => server.closeAllConnections(), 5000);
      await closed;
      clearTimeout(late);
    },
  };
}
