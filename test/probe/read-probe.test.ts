import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openProbeWorld, type TestProbeWorld } from '../fixtures/probe-world.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
let directory = '';
let world: TestProbeWorld;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-probe-'));
  world = openProbeWorld();
});
afterEach(async () => {
  await world.close();
  await rm(directory, { recursive: true, force: true });
});

async function listen(address: string): Promise<Server & { port: number }> {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  return Object.assign(server, { port: (server.address() as AddressInfo).port });
}

describe('a file digest', () => {
  const read = (name: string) =>
    world.read({ kind: 'file-digest', host: 'web-1', path: join(directory, name) });

  it('is of content, size and mode, whatever the file is called', async () => {
    const name = "-n \\ it's \n é$(id)";
    await writeFile(join(directory, name.replace('\n', ' ')), 'one');
    await chmod(join(directory, name.replace('\n', ' ')), 0o640);
    const { value, shown } = await read(name.replace('\n', ' '));
    expect(value).toEqual({ sha256: sha256('one'), bytes: 3, mode: '640', link: null });
    expect(shown).toBe(`3 bytes, mode 640, sha256 ${sha256('one')}`);
  });

  it('follows a link, and says where it leads', async () => {
    await writeFile(join(directory, 'a'), 'one');
    await symlink('a', join(directory, 'link'));
    expect((await read('link')).value).toMatchObject({ sha256: sha256('one'), link: 'a' });
  });

  it('of nothing is an observation too; of a directory or a broken link there is none', async () => {
    expect(await read('none')).toEqual({ value: { absent: 'no-path' }, shown: 'nothing there' });
    await symlink('nowhere', join(directory, 'broken'));
    await expect(read('broken')).rejects.toMatchObject({ code: 'command-failed' });
    await expect(world.read({ kind: 'file-digest', host: 'web-1', path: directory })).rejects.toMatchObject({
      code: 'command-failed',
    });
  });
});

describe('a constant', () => {
  it('is read from a whole file alone: where one is cut off, a line seems to end', async () => {
    const read = {
      kind: 'constant',
      host: 'web-1',
      path: directory,
      file: 'limits',
      pattern: '^most = (\\d+)$',
    };
    const filler = `${'#'.repeat(1024 * 1024 - 10)}\n`;
    await writeFile(join(directory, 'limits'), `${filler.slice(500)}most = 1234\n`);
    expect((await world.read(read)).value).toBe('1234');
    await writeFile(join(directory, 'limits'), `${filler}most = 1234\n`);
    await expect(world.read(read)).rejects.toThrow(/at most 1 MiB/);
  });
});

describe('listening ports', () => {
  const read = async (ports?: number[]) =>
    (await world.read({ kind: 'listening-ports', host: 'web-1', ...(ports ? { ports } : {}) })).value;

  it('are those that something listens on, by address', async () => {
    const four = await listen('127.0.0.1');
    const six = await listen('::1');
    const all = await listen('0.0.0.0');
    try {
      expect(await read([four.port, six.port, all.port])).toEqual(
        [
          { port: four.port, text: `127.0.0.1:${four.port}` },
          { port: six.port, text: `[::1]:${six.port}` },
          { port: all.port, text: `0.0.0.0:${all.port}` },
        ]
          .sort((a, b) => a.port - b.port)
          .map(({ text }) => text),
      );
      expect(await read()).toContain(`127.0.0.1:${four.port}`);
    } finally {
      for (const server of [four, six, all]) server.close();
    }
    await once(four, 'close').catch(() => undefined);
  });

  it('do not count a port that is only connected to, and are none where nothing listens', async () => {
    const server = await listen('127.0.0.1');
    const { port } = server;
    expect(await read([port])).toEqual([`127.0.0.1:${port}`]);
    server.close();
    await once(server, 'close');
    expect(await world.read({ kind: 'listening-ports', host: 'web-1', ports: [port] })).toEqual({
      value: [],
      shown: 'none',
    });
  });
});
