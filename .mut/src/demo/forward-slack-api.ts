// A thin HTTP server in front of a workspace's Web API: forwards each call, and lets its owner change the answer.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { z } from 'zod';

export interface SlackCall {
  /** Such as `chat.postMessage`. */
  readonly method: string;
  /** Arguments, with `blocks` and the like parsed. */
  readonly args: { readonly [name: string]: unknown };
}

export type SlackAnswer = { readonly [name: string]: unknown };

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: { readonly [name: string]: string };
  readonly body: SlackAnswer;
}

/** Answers a call, by forwarding it or without. Throwing ends the connection without an answer. */
export type AnswerCall = (
  call: SlackCall,
  forward: () => Promise<SlackAnswer>,
) => Promise<SlackAnswer | HttpAnswer>;

export interface ForwardingOptions {
  /** Base of the API that calls are forwarded to, with its slash at the end. */
  readonly target: string;
  readonly answer: AnswerCall;
  /** Takes a WebSocket that is asked for here. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

export interface Forwarding {
  readonly apiUrl: string;
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. */
export async function forwardSlackApi({ target, answer, upgrade }: ForwardingOptions): Promise<Forwarding> {
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  if (upgrade) server.on('upgrade', upgrade);

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = /^\/api\/([A-Za-z.]+)/.exec(request.url ?? '')?.[1] ?? '';
    const body = await readBody(request);
    const forward = async () => answerSchema.parse(await send(target + method, request, body));
    const given = await answer({ method, args: argumentsOf(request, body) }, forward);
    const {
      status,
      headers,
      body: said,
    } = isHttpAnswer(given) ? given : { status: 200, headers: {}, body: given };
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(said));
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address, got none');
  return {
    apiUrl: `http://127.0.0.1:${address.port}/api/`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const answerSchema = z.record(z.string(), z.unknown());

async function send(url: string, request: IncomingMessage, body: Buffer): Promise<unknown> {
  const { authorization, 'content-type': type } = request.headers;
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...(authorization && { authorization }), ...(type && { 'content-type': type }) },
    body: new Uint8Array(body),
  });
  return response.json();
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Slack takes forms and JSON; structures inside forms are JSON texts. */
function argumentsOf(request: IncomingMessage, body: Buffer): { [name: string]: unknown } {
  const text = body.toString('utf8');
  if (request.headers['content-type']?.includes('json')) return answerSchema.parse(JSON.parse(text));
  return Object.fromEntries([...new URLSearchParams(text)].map(([name, value]) => [name, parsed(value)]));
}

function parsed(value: string): unknown {
  if (!/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function isHttpAnswer(answer: SlackAnswer | HttpAnswer): answer is HttpAnswer {
  return typeof answer['status'] === 'number' && typeof answer['body'] === 'object';
}
