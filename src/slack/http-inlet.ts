// HTTP mode: Slack's signed requests. Bolt verifies signature and age; the body is limited, since it is read before that.
import { createServer } from 'node:http';
import { HTTPReceiver } from '@slack/bolt';
import type { Inlet, InletOptions } from './inlet.ts';
import { eventsPath } from './slack-config.ts';
import { SlackError } from './slack-error.ts';
import { slackLogger } from './slack-logger.ts';

/** Slack's own payloads stay far below; the limit is against senders who are not Slack. */
const mostBodyBytes = 1_000_000;

type HttpOptions = Pick<InletOptions, 'log' | 'onConnected'> & { signingSecret: string; port: number };

export function createHttpInlet({ log, onConnected, signingSecret, port }: HttpOptions): Inlet {
  const receiver = new HTTPReceiver({
    signingSecret,
    endpoints: [eventsPath],
    bodyLimit: mostBodyBytes,
    logger: slackLogger(log),
  });
  const server = createServer((request, response) => {
    // A body that was refused half-read would keep its connection open for as long as its sender likes.
    response.once('finish', () => {
      if (!request.complete) request.socket.destroySoon();
    });
    try {
      receiver.requestListener(request, response);
    } catch {
      // Bolt throws for every path and method that is not its own.
      response.writeHead(404).end();
    }
  });
  return {
    receiver,
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
