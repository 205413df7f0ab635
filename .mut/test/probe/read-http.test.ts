import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createNetServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
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
  '/lines': (response) => response.end('\n'.repeat(300_000)),
  '/many-lines': (response) => response.end('\n'.repeat(8_000_000)),
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

  it('ends for a pattern and a page that were made against each other', async () => {
    const read = (url: string) =>
      world.read({ kind: 'http', url: `${base}${url}`, pattern: '^\\s*version: (.+)$' });
    expect((await read('/lines')).value).toEqual({ status: 200, found: null });
    await expect(read('/many-lines')).rejects.toMatchObject({ code: 'text-too-long' });
  });

  it('takes no URL with credentials', () => {
    const url = 'http://user:word@127.0.0.1/';
    expect(
      probeSchema.safeParse({ id: 'p', title: 'p', kind: 'http', url, expect: { unchanged: true } }).success,
    ).toBe(false);
  });
});

describe('whatever a server answers, an HTTP probe ends', () => {
  const drip = (every: string) => (socket: Socket) => {
    const timer = setInterval(() => socket.write(every), 20);
    socket.on('close', () => clearInterval(timer));
  };
  const head = 'HTTP/1.1 200 OK\r\n';
  const pour = (text: string) => (socket: Socket) => {
    const more = () => {
      while (!socket.destroyed && socket.write(text));
    };
    socket.on('drain', more);
    more();
  };
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  const packed = `${head}content-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`;
  const upgrade = 'Upgrade: x\r\nConnection: upgrade\r\n\r\n';

  it.each<[string, string, (socket: Socket) => void, RegExp | null]>([
    ['headers, one byte at a time', `${head}X: `, drip('x'), /within 1 s/],
    ['a body, one byte at a time', `${head}\r\n`, drip('x'), /within 1 s/],
    ['a body without an end', `${head}\r\n`, pour('x'.repeat(65_536)), /at most/],
    [
      'chunks without an end',
      `${head}transfer-encoding: chunked\r\n\r\n`,
      pour(chunk('x'.repeat(4_096))),
      /at most/,
    ],
    ['headers without an end', head, pour('X: y\r\n'.repeat(1_000)), /Header overflow/],
    ['answers before the answer, without an end', '', pour('HTTP/1.1 100 Continue\r\n\r\n'.repeat(100)), /./],
    ['another protocol', `HTTP/1.1 101 Switching Protocols\r\n${upgrade}`, () => undefined, /whole answer/],
    ['no HTTP', 'SSH-2.0-x\r\n', () => undefined, /Parse Error/],
    ['a body that unpacks to much more', packed, (socket) => socket.end(bomb), null],
  ])(
    '%s',
    async (_, first, answer, failure) => {
      const world = openProbeWorld();
      const rude = createNetServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => {
          socket.write(first);
          answer(socket);
        });
      });
      rude.listen(0, '127.0.0.1');
      await once(rude, 'listening');
      try {
        const url = `http://127.0.0.1:${(rude.address() as AddressInfo).port}/`;
        const reading = world.read({ kind: 'http', url, timeoutSeconds: 1 });
        if (failure) await expect(reading).rejects.toThrow(failure);
        else expect((await reading).shown).toContain(`${bomb.length} bytes`);
      } finally {
        rude.close();
        await world.close();
      }
    },
    20_000,
  );
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
