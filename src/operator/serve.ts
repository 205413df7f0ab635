// The control plane's own socket, for people with a shell on its machine. Whoever can open it is the user that Interlock
// runs as: the directory is 0700 and the socket 0600, and that is all the proof there is.
import { once } from 'node:events';
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { lockDirectory } from '../ledger/directory-lock.ts';
import type { Answer, RunControl } from '../run/control.ts';
import { answerOperator } from './answer.ts';
import { OperatorError } from './operator-error.ts';
import { endpoint, mostBytes, questionSchema } from './protocol.ts';
import { placeOfSocket, socketDirectory } from './socket-place.ts';

/** ms that an answer which is under way gets when the control plane stops. */
const drainMs = 2_000;

export interface OperatorSocketOptions {
  /** Data directory of the control plane. */
  readonly data: string;
  readonly machine: string;
  readonly control: RunControl;
  readonly log: {
    info(details: object, message: string): void;
    error(details: object, message: string): void;
  };
}

/**
 * Listens. The kernel's lock on the directory says whether another control plane lives there, so a socket file that is found
 * under it belongs to a dead one.
 * @throws LedgerError `data-directory-in-use`; OperatorError `path-too-long` or `not-a-socket`
 */
export async function serveOperators(options: OperatorSocketOptions): Promise<{ stop(): Promise<void> }> {
  const { data, log } = options;
  using opened = new DisposableStack();
  opened.defer(lockDirectory(socketDirectory(data)));
  chmodSync(socketDirectory(data), 0o700);
  const place = placeOfSocket(data);
  opened.defer(() => place.release());
  removeStale(place.file);
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 }, (request, response) => {
    handle(request, response, options).catch((error: unknown) => {
      log.error({ error: String(error) }, 'an operator was not answered');
      response.destroy();
    });
  });
  server.on('error', (error) =>
    log.error({ error: String(error) }, 'the socket for operators reported an error'),
  );
  server.listen(place.address);
  await once(server, 'listening');
  opened.defer(() => rmSync(place.file, { force: true }));
  chmodSync(place.file, 0o600);
  log.info({ socket: place.file }, 'operators can reach the control plane');
  const held = opened.move();
  return {
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const late = setTimeout(() => server.closeAllConnections(), drainMs);
      await closed;
      clearTimeout(late);
      held.dispose();
    },
  };
}

function removeStale(file: string): void {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found && !found.isSocket())
    throw new OperatorError(
      'not-a-socket',
      `expected a socket or nothing at ${file}, got another file; look at it, and move it away`,
    );
  rmSync(file, { force: true });
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: OperatorSocketOptions,
): Promise<void> {
  const say = (status: number, answer: Answer<unknown>) =>
    response
      .writeHead(status, { 'content-type': 'application/json', connection: 'close' })
      .end(JSON.stringify(answer));
  if (request.method !== 'POST' || request.url !== endpoint) {
    say(404, refusal('not-found', `expected POST ${endpoint}, got ${request.method} ${request.url}`));
    return;
  }
  const body = await readBody(request);
  if (body === null) {
    say(413, refusal('too-large', `expected at most ${mostBytes} bytes, got more`));
    return;
  }
  const question = questionSchema.safeParse(parsed(body));
  if (!question.success) {
    say(400, refusal('unreadable', 'expected a question of this version; is the command line of another?'));
    return;
  }
  const { ask, login } = question.data;
  try {
    const answer = await answerOperator(question.data, options.control, options);
    options.log.info({ act: ask.act, login, refusal: answer.ok ? null : answer.refusal.code }, 'operator');
    say(200, answer);
  } catch (error) {
    options.log.error({ act: ask.act, login, error: String(error) }, 'an act of an operator failed');
    say(500, refusal('failed', 'That failed inside the control plane; its log has the reason.'));
  }
}

function refusal(code: string, text: string): Answer<never> {
  return { ok: false, refusal: { code, text } };
}

/** Null when it is too large; the rest is not read then. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += Buffer.from(chunk).length;
    if (size > mostBytes) return null;
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
