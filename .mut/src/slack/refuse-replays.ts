// A request of Slack's that somebody recorded and sends again: signature and age are still right for five minutes.
import { createHash } from 'node:crypto';
import type { App, HTTPReceiver, HTTPReceiverOptions, Receiver } from '@slack/bolt';
import type { Inbox, Log } from './ports.ts';

/** Seconds by which a request may be from the future; Bolt bounds its age alone. */
const mostAheadSeconds = 300;
/** Name of the property by which Bolt hands on what was signed. */
const signedProperty = 'interlockSigned';

class Replayed extends Error {
  override readonly name = 'Replayed';
}

/**
 * What a receiver must be made with for `refuseReplays`. Bolt asks for the property once the signature has been verified.
 *
 * A replay is answered by 409, not 200: the first time may have ended in a crash, and then the sender must hear that
 * nothing is known to be done. Slack's own retries carry a new timestamp, so another signature, and are none.
 */
export const replayOptions: Pick<
  HTTPReceiverOptions,
  'customPropertiesExtractor' | 'processEventErrorHandler' | 'unhandledRequestHandler'
> = {
  customPropertiesExtractor: ({ headers, rawBody }) => ({
    // What was signed, and not the header's text: Bolt takes "v0=HASH=x" for the same signature as "v0=HASH".
    [signedProperty]: {
      at: Number(headers['x-slack-request-timestamp']),
      digest: createHash('sha256')
        .update(`${Number(headers['x-slack-request-timestamp'])}:${rawBody.toString()}`)
        .digest('hex'),
    },
  }),
  processEventErrorHandler: async ({ error, response, logger }) => {
    const isReplay = error instanceof Replayed;
    if (!isReplay) logger.error('a request of Slack could not be handled:', error);
    if (!response.headersSent) response.writeHead(isReplay ? 409 : 500).end();
    return false;
  },
  // Asked 3 s later about every request that no listener took. One that was answered is none of these.
  unhandledRequestHandler: ({ response, logger }) => {
    if (response.headersSent) return;
    logger.error('nobody acknowledged a request of Slack within 3 s');
    response.writeHead(404).end();
  },
};

/**
 * The receiver, giving the app each signed request once, also after a restart. Only what Bolt has verified is remembered, so
 * nobody but Slack can fill the inbox, which is pruned by age.
 */
export function refuseReplays(
  receiver: HTTPReceiver,
  { inbox, log, now = Date.now }: { inbox: Inbox; log: Log; now?: () => number },
): Receiver {
  return {
    init: (app) => receiver.init(onceEach(app)),
    start: (port) => receiver.start(port),
    stop: () => receiver.stop(),
  };

  function onceEach(app: App): App {
    const processEvent: App['processEvent'] = async (event) => {
      const { at, digest } = event.customProperties?.[signedProperty] ?? {};
      const ahead = at - now() / 1000;
      // Written so that a missing time is refused too.
      if (!(ahead <= mostAheadSeconds) || !(await inbox.firstSeen('slack-request', digest))) {
        log.warn({ signedAt: at }, 'refused a signed request that was sent before, or is from the future');
        throw new Replayed();
      }
      await app.processEvent(event);
    };
    return Object.create(app, { processEvent: { value: processEvent } });
  }
}
