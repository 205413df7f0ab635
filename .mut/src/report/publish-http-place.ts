// The few requests of the HTTP publisher (RFC 9110). No redirect is followed, since it could take the token elsewhere, and no
// answer's body gets into an error, since a server may repeat the token in it.
import { createHash } from 'node:crypto';
import type { HttpPlace } from './publish-http.ts';
import { type PlaceState, PublishError } from './publisher.ts';

export interface HttpDocument {
  readonly text: string;
  readonly etag: string | null;
}

export interface PublishHttpPlace {
  urlOf(file: string): string;
  /** Null when there is none. */
  get(file: string): Promise<HttpDocument | null>;
  /** Replaces `before` (null: makes it). False when something else stands there by now, as far as the server can tell. */
  put(file: string, text: string, before: HttpDocument | null): Promise<boolean>;
  examine(): Promise<PlaceState>;
}

const defaultTimeoutMs = 30_000;
/** A report is some ten thousand characters; what is longer is no document of ours. */
const maxBytes = 8 * 1024 * 1024;

/** Throws PublishError `unauthorised` when there is no usable token; every request throws PublishError. */
export function openHttpPlace(place: HttpPlace, signal: AbortSignal | undefined): PublishHttpPlace {
  const { folder, timeoutMs = defaultTimeoutMs } = place;
  const url = place.url.replace(/\/+$/, '');
  const authorization = `Bearer ${tokenOf(place)}`;
  const parts = folder.split('/').filter((part) => part !== '');
  const urlOf = (file: string) => [url, ...parts.map(encodeURIComponent), file].join('/');

  async function ask(method: string, target: string, init: RequestInit = {}): Promise<Response> {
    signal?.throwIfAborted();
    const late = AbortSignal.timeout(timeoutMs);
    let response: Response;
    try {
      response = await fetch(target, {
        ...init,
        method,
        headers: { ...init.headers, authorization },
        redirect: 'manual',
        signal: signal ? AbortSignal.any([signal, late]) : late,
      });
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      throw new PublishError(
        'unreachable',
        `expected an answer to ${method} ${target}, got ${late.aborted ? `none within ${timeoutMs} ms` : reasonOf(cause)}; mend it and publish again`,
      );
    }
    if (response.status === 401 || response.status === 403) {
      await response.body?.cancel();
      throw new PublishError(
        'unauthorised',
        `expected ${method} ${target} to be allowed with the token ${place.token.name}, got status ${response.status}; renew the token, or its rights`,
      );
    }
    return response;
  }

  return {
    urlOf,

    async get(file) {
      const response = await ask('GET', urlOf(file), {
        headers: { accept: 'text/markdown, text/plain, */*' },
      });
      if (response.status === 404 || response.status === 410) {
        await response.body?.cancel();
        return null;
      }
      if (response.status !== 200) throw await unexpected('GET', urlOf(file), response, 'status 200 or 404');
      return { text: await readText(response, urlOf(file)), etag: response.headers.get('etag') };
    },

    async put(file, text, before) {
      const condition = conditionOf(before);
      const digest = createHash('sha256').update(text).digest('base64');
      const response = await ask('PUT', urlOf(file), {
        body: text,
        headers: {
          ...condition,
          'content-type': 'text/markdown; charset=utf-8',
          'content-digest': `sha-256=:${digest}:`,
        },
      });
      await response.body?.cancel();
      if (response.status === 412 || response.status === 409) return false;
      if (![200, 201, 204].includes(response.status))
        throw await unexpected('PUT', urlOf(file), response, 'status 200, 201 or 204');
      return true;
    },

    async examine() {
      const target = urlOf('');
      const response = await ask('OPTIONS', target);
      await response.body?.cancel();
      if (response.status >= 500)
        throw await unexpected('OPTIONS', target, response, 'no fault of the server');
      const allow = response.headers.get('allow');
      if (allow === null)
        return {
          readable: true,
          writable: true,
          detail: `${target} takes the token ${place.token.name}; whether it takes documents it does not say (no Allow), so the first publication will show`,
        };
      const writable = /(?:^|[\s,])PUT(?:$|[\s,])/.test(allow);
      return {
        readable: true,
        writable,
        detail: writable
          ? `${target} takes the token ${place.token.name}, and PUT`
          : `${target}: expected PUT among the methods that it allows, got ${allow}`,
      };
    },
  };
}

/** A weak tag never matches (RFC 9110 §13.1.1), so with one, or none, the server is not asked to compare. */
function conditionOf(before: HttpDocument | null): Record<string, string> {
  if (before === null) return { 'if-none-match': '*' };
  return before.etag === null || before.etag.startsWith('W/') ? {} : { 'if-match': before.etag };
}

/** What a header may hold (RFC 6750, b64token): fetch would repeat any other value in its error. */
function tokenOf({ token }: HttpPlace): string {
  if (token.secret === undefined)
    throw new PublishError(
      'unauthorised',
      `expected a secret ${token.name} in the control plane’s configuration, got none; add secrets/${token.name}`,
    );
  const value = token.secret.reveal();
  if (!/^[A-Za-z0-9._~+/-]+=*$/.test(value))
    throw new PublishError(
      'unauthorised',
      `expected the secret ${token.name} to be a bearer token (letters, digits and -._~+/), got other characters or none`,
    );
  return value;
}

async function readText(response: Response, target: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new PublishError('unreachable', `expected the whole of ${target}, got ${reasonOf(cause)}`);
  }
  if (bytes > maxBytes)
    throw new PublishError(
      'unreachable',
      `expected a document of at most ${maxBytes} bytes at ${target}, got more`,
    );
  return Buffer.concat(chunks).toString('utf8');
}

async function unexpected(
  method: string,
  target: string,
  response: Response,
  expected: string,
): Promise<PublishError> {
  if (!response.bodyUsed) await response.body?.cancel();
  const moved = response.headers.get('location') === null ? '' : ', a redirect, which is not followed';
  return new PublishError(
    'unwritable',
    `expected ${expected} from ${method} ${target}, got ${response.status}${moved}; mend it and publish again`,
  );
}

/** undici keeps the reason in the cause: ECONNREFUSED and its like. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof Error ? cause.name : 'an error';
}
