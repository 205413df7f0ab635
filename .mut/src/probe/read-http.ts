// What an HTTP server answers to one GET, from this worker or, over an SSH forward, as a host sees it. Redirects are answers.
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { sha256Hex } from '../evidence/digest.ts';
import { findPattern } from '../evidence/pattern.ts';
import type { Probe } from '../plan/schema-probes.ts';
import type { Observation, ProbeWorld } from './read-probe.ts';

type HttpProbe = Extract<Probe, { kind: 'http' }>;

interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/** A body that is longer is no status page, and its digest would take the worker's memory. */
const maxBodyBytes = 16 * 1024 * 1024;

export async function readHttp(
  probe: HttpProbe,
  world: Pick<ProbeWorld, 'host' | 'record' | 'redact' | 'signal'>,
): Promise<Observation> {
  const { host, signal } = world;
  const url = new URL(probe.url);
  const hostname = url.hostname.replace(/^\[(.+)\]$/, '$1');
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const forward =
    probe.via === undefined ? undefined : await (await host(probe.via)).forward(hostname, port, { signal });
  try {
    const answer = await get(url, forward ?? { host: hostname, port }, probe.timeoutSeconds * 1000, signal);
    return describe(probe, answer, world);
  } finally {
    await forward?.close();
  }
}

function describe(
  { id, url, pattern, via }: HttpProbe,
  { status, contentType, body }: HttpAnswer,
  { record, redact }: Pick<ProbeWorld, 'record' | 'redact'>,
): Observation {
  const sha256 = sha256Hex(body);
  const text = body.toString('utf8');
  record.keep(
    `probe ${id}: answer`,
    [
      `GET ${url}${via === undefined ? '' : ` through ${via}`}`,
      `status: ${status}`,
      `type: ${contentType}`,
      `body: ${body.length} bytes, sha256 ${sha256}`,
      '--- body',
      text,
    ].join('\n'),
  );
  if (pattern === undefined)
    return { value: { status, sha256 }, shown: `status ${status}, ${body.length} bytes, sha256 ${sha256}` };
  const match = findPattern(pattern, text, { lines: true });
  const found = match ? (match[1] ?? match[0]) : null;
  return {
    value: { status, found },
    shown: `status ${status}, ${found === null ? `no match of ${pattern}` : redact(found).slice(0, 300)}`,
  };
}

/** Throws the system's error when there is no answer, RangeError when it is too long or too late. */
function get(
  url: URL,
  { host, port }: { readonly host: string; readonly port: number },
  timeoutMs: number,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const late = AbortSignal.timeout(timeoutMs);
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const fail = (error: unknown) =>
    reject(
      late.aborted && !signal.aborted
        ? new RangeError(`expected an answer of ${url.origin} within ${timeoutMs / 1000} s, got none`)
        : error,
    );
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const request = send(
    {
      host,
      port,
      path: `${url.pathname}${url.search}`,
      // The name that the server knows and its certificate has, also where the connection goes through a forward.
      servername: url.hostname,
      headers: {
        host: url.host,
        accept: '*/*',
        'accept-encoding': 'identity',
        'user-agent': 'interlock-probe',
      },
      agent: false,
      signal: AbortSignal.any([signal, late]),
    },
    (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= maxBodyBytes) chunks.push(chunk);
        else request.destroy(new RangeError(`expected a body of at most ${maxBodyBytes} bytes, got more`));
      });
      response.on('error', fail);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers['content-type'] ?? 'not said',
          body: Buffer.concat(chunks),
        }),
      );
    },
  );
  request.on('error', fail);
  // A server that changes the protocol (101) is left without an error; whatever ends without an answer has none.
  request.on('close', () => fail(new RangeError(`expected a whole answer of ${url.origin}, got none`)));
  request.end();
  return promise;
}
