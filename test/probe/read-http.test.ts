import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probeSchema } from '../../src/plan/schema-probes.ts';
import { openProbeWorld } from '../fixtures/probe-world.ts';
import { hostKinds } from '../host/each-host.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const seen: IncomingMessage[] = [];
const pages: Record<string, (response: ServerResponse) => void> = {
  '/health': (response) => response.end('status: ok\nversion: 1.4.2\n'),
  '/moved': (response) => response.writeHead(302, { location: '/health' }).end(),
  '/down': (response) => response.writeHead(503).end('maintenance'),
  '/silent': () => undefined,
  '/cut': (response) => {
    response.writeHead(200, { 'content-length': 100 }).write('half', () => response.destroy());
  },
};
const server = createServer((request, response) => {
  seen.push(request);
  (pages[request.url ?? ''] ?? pages['/down'])?.(response);
});
let base = '';

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

describe('an HTTP probe', () => {
  const world = openProbeWorld();
  afterAll(() => world.close());

  it('reads status and digest of the body', async () => {
    const digest = sha256('status: ok\nversion: 1.4.2\n');
    expect(await world.read({ kind: 'http', url: `${base}/health` })).toEqual({
      value: { status: 200, sha256: digest },
      shown: `status 200, 26 bytes, sha256 ${digest}`,
    });
    expect(world.kept()).toContain('version: 1.4.2');
  });

  it('reads what a pattern finds in the body, or that it finds nothing', async () => {
    const read = (pattern: string) => world.read({ kind: 'http', url: `${base}/health`, pattern });
    expect(await read('^version: (.+)$')).toEqual({
      value: { status: 200, found: '1.4.2' },
      shown: 'status 200, 1.4.2',
    });
    expect((await read('version')).value).toEqual({ status: 200, found: 'version' });
    expect((await read('nothing')).value).toEqual({ status: 200, found: null });
  });

  it('takes a redirect and an error of the server for what they are', async () => {
    expect((await world.read({ kind: 'http', url: `${base}/moved` })).value).toMatchObject({ status: 302 });
    expect((await world.read({ kind: 'http', url: `${base}/down` })).value).toEqual({
      status: 503,
      sha256: sha256('maintenance'),
    });
  });

  it('fails without an answer, with half of one, and with none in time', async () => {
    await expect(world.read({ kind: 'http', url: 'http://127.0.0.1:1/' })).rejects.toThrow();
    await expect(world.read({ kind: 'http', url: `${base}/cut` })).rejects.toThrow();
    await expect(world.read({ kind: 'http', url: `${base}/silent`, timeoutSeconds: 1 })).rejects.toThrow(
      /within 1 s/,
    );
  });

  it('takes no URL with credentials', () => {
    const url = 'http://user:word@127.0.0.1/';
    expect(
      probeSchema.safeParse({ id: 'p', title: 'p', kind: 'http', url, expect: { unchanged: true } }).success,
    ).toBe(false);
  });
});

describe.each(hostKinds)('an HTTP probe through a host over $kind', ({ start }) => {
  it('asks from there, under the name of the URL', async () => {
    const { host, close } = await start();
    const world = openProbeWorld({ host });
    try {
      const port = new URL(base).port;
      const { value } = await world.read({
        kind: 'http',
        url: `http://localhost:${port}/health`,
        via: 'web-1',
        pattern: 'ok',
      });
      expect(value).toEqual({ status: 200, found: 'ok' });
      expect(seen.at(-1)?.headers.host).toBe(`localhost:${port}`);
    } finally {
      await world.close();
      await close();
    }
  }, 30_000);
});
