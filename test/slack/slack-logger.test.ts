// What Slack's client warns of reaches our log, but for a name that is meant to have no extension.
import { WebClient } from '@slack/web-api';
import { expect, it } from 'vitest';
import { slackLogger } from '../../src/slack/slack-logger.ts';

it.each([
  ['allowed_signers', ['http request failed']],
  ['evidence', ['filename supplied', 'http request failed']],
])('of an upload of %s it logs what is worth it', async (filename, expected) => {
  const warned: string[] = [];
  const log = {
    info: () => undefined,
    error: () => undefined,
    warn: (_: object, message: string) => void warned.push(message),
  };
  const client = new WebClient('xoxb-none', {
    slackApiUrl: 'http://127.0.0.1:1/api/',
    retryConfig: { retries: 0 },
    logger: slackLogger(log),
  });
  const upload = client.filesUploadV2({
    channel_id: 'C1',
    file: Buffer.from('x'),
    filename,
    title: filename,
  });
  await expect(upload).rejects.toThrow();
  expect(warned.map((text) => expected.find((start) => text.startsWith(start)) ?? text)).toEqual(expected);
});
