// The table of docs/probes.md on containers. docker is a program that gives the answers of its documented forms, since its
// daemon needs a machine of its own; where docker itself is installed, it asks a server that plays the daemon.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalHost } from '../../src/host/local-host.ts';
import type { Deed } from '../../src/plan/deeds.ts';
import { kindsExpected, kindsThatSaw } from '../fixtures/deeds.ts';
import { openProbeWorld, type TestProbeWorld } from '../fixtures/probe-world.ts';

const hasDocker = (() => {
  try {
    execFileSync('docker', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

const container = (id: string, image: string, startedAt: string, status = 'running') => ({
  Id: id.repeat(64),
  Name: '/web',
  Image: `sha256:${image.repeat(64)}`,
  RestartCount: 0,
  State: { Status: status, StartedAt: startedAt },
  Config: { Image: 'registry.example/web:1' },
});
const first = container('a', '1', '2026-05-21T05:00:00.1Z');

describe.skipIf(!hasDocker)('containers, as docker asks its daemon for them', () => {
  let now = first;
  let server: Server;
  let host: LocalHost;
  let world: TestProbeWorld;
  beforeEach(async () => {
    now = first;
    server = createServer((request, response) => {
      const path = (request.url ?? '').replace(/^\/v[\d.]+/, '');
      response.setHeader('api-version', '1.47');
      response.setHeader('content-type', 'application/json');
      const list = [{ Id: now.Id, Names: [now.Name], Image: now.Config.Image, State: now.State.Status }];
      response.end(
        path === '/_ping' ? 'OK' : JSON.stringify(path.startsWith('/containers/json') ? list : now),
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    host = new LocalHost({ name: 'web-1', env: { DOCKER_HOST: `tcp://127.0.0.1:${port}` } });
    world = openProbeWorld({ host });
  });
  afterEach(async () => {
    await world.close();
    await host.close();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  const deeds: [Deed, typeof first][] = [
    ['restart-container', container('a', '1', '2026-05-21T06:00:00.1Z')],
    ['restart-container', container('a', '1', '2026-05-21T05:00:00.1Z', 'exited')],
    ['recreate-container', container('b', '1', '2026-05-21T05:00:00.1Z')],
    ['recreate-container', container('a', '2', '2026-05-21T05:00:00.1Z')],
  ];
  it.each(deeds)('%s (%#) shows where the table says', async (deed, then) => {
    const probes = { containers: { host: 'web-1' } };
    expect(await kindsThatSaw(world, probes, () => (now = then))).toEqual(kindsExpected(deed, probes));
  });

  it('are told with the digest of their image and their last start', async () => {
    const { value, shown } = await world.read({ kind: 'containers', host: 'web-1' });
    expect(value).toEqual([
      {
        id: first.Id,
        name: 'web',
        image: 'registry.example/web:1',
        imageId: first.Image,
        state: 'running',
        startedAt: first.State.StartedAt,
        restarts: 0,
      },
    ]);
    expect(shown).toBe('1 containers, 1 running');
  });
});
