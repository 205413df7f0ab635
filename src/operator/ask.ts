// The command line's side of the socket.
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Answer } from '../run/control.ts';
import { controlCommand } from './control-command.ts';
import { OperatorError } from './operator-error.ts';
import { type Ask, answerSchema, endpoint, type Question, type Value, valueSchemas } from './protocol.ts';
import { placeOfSocket, type SocketPlace } from './socket-place.ts';

/** ms; publishing to a slow knowledge base takes longest. */
const answerMs = 120_000;
/** Bytes of an answer. */
const mostAnswerBytes = 4_000_000;

/**
 * Asks the control plane that runs on this data directory.
 * @throws OperatorError `not-running`, `not-permitted`, `path-too-long`, `no-answer` or `unreadable`
 */
export async function askControlPlane<A extends Ask>(
  data: string,
  login: string,
  ask: A,
): Promise<Answer<Value<A['act']>>> {
  const place = openPlace(data);
  try {
    const answer = answerSchema.safeParse(await send(place, data, { login, ask }));
    if (!answer.success) throw unreadable();
    if (!answer.data.ok) return answer.data;
    const value = valueSchemas[ask.act].safeParse(answer.data.value);
    if (!value.success) throw unreadable();
    return { ok: true, value: value.data as Value<A['act']> };
  } finally {
    place.release();
  }
}

function openPlace(data: string): SocketPlace {
  try {
    return placeOfSocket(data);
  } catch (error) {
    throw error instanceof OperatorError ? error : unreachable(error, data);
  }
}

async function send({ address }: SocketPlace, data: string, question: Question): Promise<unknown> {
  const signal = AbortSignal.timeout(answerMs);
  const outgoing = request({ socketPath: address, path: endpoint, method: 'POST', signal });
  try {
    outgoing.setHeader('content-type', 'application/json').end(JSON.stringify(question));
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    return JSON.parse(await textOf(incoming)) as unknown;
  } catch (error) {
    throw error instanceof SyntaxError ? unreadable() : unreachable(error, data);
  }
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += Buffer.from(chunk).length;
    if (size > mostAnswerBytes) throw unreadable();
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks).toString('utf8');
}

function unreachable(cause: unknown, data: string): OperatorError {
  if (cause instanceof OperatorError) return cause;
  switch (cause instanceof Error && 'code' in cause ? cause.code : null) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ECONNREFUSED':
      return new OperatorError(
        'not-running',
        `expected a control plane that runs on ${data}, got none; start \`interlock up\` or \`interlock bot\` there, or name its data directory with --data or --config`,
        { cause },
      );
    case 'EACCES':
    case 'EPERM':
      return new OperatorError(
        'not-permitted',
        `expected to be let in to the control plane on ${data}, got no permission; run this as the user that it runs as`,
        { cause },
      );
    default:
      return new OperatorError(
        'no-answer',
        `expected an answer of the control plane, got none; look at ${controlCommand('status', data)}, and at its log, before you try again`,
        { cause },
      );
  }
}

function unreadable(): OperatorError {
  return new OperatorError(
    'unreadable',
    'expected an answer of this version of Interlock, got something else; use the command line that came with the control plane',
  );
}
