// What reaches the app through the open port, and what does not: Bolt's receiver on a real HTTP server.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { App } from '@slack/bolt';
import { afterEach, describe, expect, it } from 'vitest';
import { Inbox } from '../../src/ledger/inbox.ts';
import { createHttpInlet, type HttpPatience } from '../../src/slack/http-inlet.ts';
import type { Inbox as InboxPort } from '../../src/slack/ports.ts';
import { slackLogger } from '../../src/slack/slack-logger.ts';
import { commandBody, type SignedRequest, signed } from '../fixtures/signed-request.ts';
import { MemoryInbox, MemoryLog } from '../fixtures/slack-memory.ts';
import { openPostgres } from '../ledger/open-databases.ts';

const secret = '8f742231b10e8888abcd99yyyzzz85a5';
const form = 'application/x-www-form-urlencoded';
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** The inlet with an app behind it that notes every command it is given. */
async function openFront(parts: { inbox?: InboxPort; patience?: HttpPatience } = {}) {
  const { inbox = new MemoryInbox(), patience } = parts;
  const log = new MemoryLog();
  const inlet = createHttpInlet({
    inbox,
    log,
    onConnected: () => undefined,
    signingSecret: secret,
    port: 0,
    ...(patience && { patience }),
  });
  const app = new App({
    receiver: inlet.receiver,
    authorize: async () => ({ botToken: 'xoxb-1', botId: 'B1', botUserId: 'U0BOT' }),
    logger: slackLogger(log),
  });
  const acted: string[] = [];
  app.command(/.*/, async ({ command, ack }) => {
    acted.push(command.trigger_id);
    await ack();
  });
  const { port } = await inlet.start(app);
  stops.push(inlet.stop);
  const url = `http://127.0.0.1:${port}/slack/events`;
  const send = async ({ body, headers }: SignedRequest) => {
    const answer = await fetch(url, { method: 'POST', headers, body });
    return { status: answer.status, body: await answer.text(), headers: [...answer.headers.keys()] };
  };
  return { acted, inbox, log, url, send, port: port ?? 0, stop: inlet.stop };
}

const command = (trigger: string, at?: number) =>
  signed(commandBody(trigger), secret, { type: form, ...(at !== undefined && { at }) });
const nowSeconds = () => Math.floor(Date.now() / 1000);
const withHeader = (request: SignedRequest, name: string, value: string): SignedRequest => ({
  ...request,
  headers: { ...request.headers, [name]: value },
});

describe('a signed request', () => {
  it('acts once; the same one again changes nothing and is answered by 409', async () => {
    const { acted, send } = await openFront();
    const request = command('T1');
    expect((await send(request)).status).toBe(200);
    expect(await send(request)).toMatchObject({ status: 409, body: '' });
    expect(acted).toEqual(['T1']);
  });

  it('acts once also when many copies come at the same moment', async () => {
    const { acted, send } = await openFront();
    const request = command('T1');
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(request)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19);
    expect(acted).toEqual(['T1']);
  });

  it.each([
    ['a signature with something behind it', 'x-slack-signature', (text: string) => `${text}=again`],
    ['the timestamp spelled otherwise', 'x-slack-request-timestamp', (text: string) => `0${text}.0`],
    ['the timestamp in hex', 'x-slack-request-timestamp', (text: string) => `0x${Number(text).toString(16)}`],
  ])('is known again by what was signed: %s makes no other one', async (_, name, change) => {
    const { acted, send } = await openFront();
    const request = command('T1');
    await send(request);
    const again = withHeader(request, name, change(request.headers[name] ?? ''));
    expect((await send(again)).status).toBe(409);
    expect(acted).toEqual(['T1']);
  });

  it('that Slack sends again carries a new timestamp, and gets through', async () => {
    const { acted, send } = await openFront();
    expect((await send(command('T1', nowSeconds() - 1))).status).toBe(200);
    expect((await send(command('T1', nowSeconds()))).status).toBe(200);
    // That both are one delivery is for the listeners to know, by the trigger id.
    expect(acted).toEqual(['T1', 'T1']);
  });

  it('is known again after a restart', async () => {
    const opened = await openPostgres();
    stops.push(opened.close);
    const request = command('T1');
    const before = await openFront({ inbox: new Inbox(opened.database) });
    expect((await before.send(request)).status).toBe(200);
    await before.stop();
    const after = await openFront({ inbox: new Inbox(opened.database) });
    expect((await after.send(request)).status).toBe(409);
    expect(after.acted).toEqual([]);
  });

  it('does not act when nobody can say whether it came before, and Slack hears of a failure', async () => {
    const refuse = () => Promise.reject(new Error('no database at 10.0.0.7'));
    const broken: InboxPort = { firstSeen: refuse, wasSeen: refuse };
    const { acted, send, log } = await openFront({ inbox: broken });
    expect(await send(command('T1'))).toMatchObject({ status: 500, body: '' });
    expect(acted).toEqual([]);
    expect(log.lines).toContainEqual(expect.objectContaining({ level: 'error' }));
  });
});

describe('a request that Slack did not make, or not now', () => {
  const body = commandBody('T1');
  const good = () => signed(body, secret, { type: form });
  const without = (name: string): SignedRequest => {
    const { [name]: _, ...headers } = good().headers;
    return { body, headers };
  };
  it.each<[string, () => SignedRequest, number]>([
    ['of another secret', () => signed(body, 'another', { type: form }), 401],
    ['with another body', () => ({ ...good(), body: `${body}&text=x` }), 401],
    ['with another time', () => withHeader(good(), 'x-slack-request-timestamp', `${nowSeconds() - 9}`), 401],
    ['of six minutes ago', () => command('T1', nowSeconds() - 360), 401],
    ['of six minutes ahead', () => command('T1', nowSeconds() + 360), 409],
    ['without a signature', () => without('x-slack-signature'), 401],
    ['without a time', () => without('x-slack-request-timestamp'), 401],
    ['with an empty signature', () => withHeader(good(), 'x-slack-signature', ''), 401],
    ['with an empty hash', () => withHeader(good(), 'x-slack-signature', 'v0='), 401],
    ['of another version', () => withHeader(good(), 'x-slack-signature', 'v1=00'), 401],
    ['with a time that is none', () => withHeader(good(), 'x-slack-request-timestamp', 'NaN'), 401],
    [
      'that only says ssl_check',
      () => ({ body: `${body}&ssl_check=1`, headers: { 'content-type': form } }),
      200,
    ],
    ['of broken JSON', () => signed('{"', secret), 400],
  ])('%s is refused, shows nothing, and is not remembered', async (_, request, status) => {
    const inbox = new MemoryInbox();
    const { acted, send } = await openFront({ inbox });
    const answer = await send(request());
    expect(answer).toMatchObject({ status, body: '' });
    expect(answer.headers).not.toContain('x-powered-by');
    expect(acted).toEqual([]);
    expect(inbox.seen.size).toBe(0);
  });

  it('five minutes old but one counts', async () => {
    const { acted, send } = await openFront();
    expect((await send(command('T1', nowSeconds() - 290))).status).toBe(200);
    expect((await send(command('T2', nowSeconds() + 290))).status).toBe(200);
    expect(acted).toEqual(['T1', 'T2']);
  });

  it('cannot fill the memory of replays: a thousand forged ones leave no trace', async () => {
    const inbox = new MemoryInbox();
    const { send } = await openFront({ inbox });
    for (let batch = 0; batch < 20; batch += 1)
      await Promise.all(
        Array.from({ length: 50 }, (_, each) =>
          send(signed(commandBody(`T${batch}-${each}`), 'forged', { type: form })),
        ),
      );
    expect(inbox.seen.size).toBe(0);
  });
});

describe('a sender who holds on', () => {
  const patience = { headersMs: 150, requestMs: 300, lookEveryMs: 25 };

  it('with a body without end is cut off near the limit', async () => {
    const { port, acted } = await openFront();
    const socket = await dial(port);
    const answer = readAll(socket);
    socket.write(head('transfer-encoding: chunked'));
    const chunk = Buffer.from(`10000\r\n${'x'.repeat(0x10000)}\r\n`);
    // As fast as the other side takes it, and 100 MB at most.
    for (let sent = 0; sent < 1600 && !socket.destroyed; sent += 1)
      if (!socket.write(chunk))
        await Promise.race([answer, new Promise((next) => socket.once('drain', next))]);
    socket.end();
    expect(await answer).toMatch(/^(HTTP\/1\.1 413 |$)/);
    expect(socket.bytesWritten).toBeLessThan(16_000_000);
    expect(acted).toEqual([]);
  });

  it('who announces too large a body is refused before it is sent', async () => {
    const { port } = await openFront();
    const socket = await dial(port);
    const answer = readAll(socket);
    socket.write(head('content-length: 1000001'));
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it.each([
    ['says nothing', ''],
    ['never ends the headers', 'POST /slack/events HTTP/1.1\r\nHost: x\r\nX-Slow: '],
    ['never ends the body', head('content-length: 1000', '{"half":')],
  ])('who %s is let go', async (_, start) => {
    const { port } = await openFront({ patience });
    const socket = await dial(port);
    const answer = readAll(socket);
    if (start !== '') socket.write(start);
    expect(await answer).toMatch(/^(HTTP\/1\.1 408 Request Timeout\r\nConnection: close\r\n\r\n)?$/);
  });

  it('who drips headers is let go, however often a byte comes', async () => {
    const { port, send } = await openFront({ patience });
    const socket = await dial(port);
    const answer = readAll(socket);
    socket.write('POST /slack/events HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    const drip = setInterval(() => socket.write('x'), 10);
    await answer;
    clearInterval(drip);
    expect((await send(command('T1'))).status).toBe(200);
  });

  it('with headers without end is refused', async () => {
    const { port } = await openFront();
    const socket = await dial(port);
    const answer = readAll(socket);
    socket.write(`POST /slack/events HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`);
    expect(await answer).toMatch(/^(HTTP\/1\.1 431 |$)/);
  });
});

function head(header: string, body = ''): string {
  return `POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${header}\r\n\r\n${body}`;
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  await once(socket, 'connect');
  return socket;
}

/** What the other side said before it closed, or cut the line. */
async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}
