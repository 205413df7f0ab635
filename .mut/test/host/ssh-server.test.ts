import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ssh2 from 'ssh2';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { generateSshKeyPair } from '../../src/demo/ssh-key-pair.ts';
import { type SshServer, startSshServer } from '../../src/demo/ssh-server.ts';
import { script } from '../../src/host/command.ts';
import { SshHost } from '../../src/host/ssh-host.ts';

const login = generateSshKeyPair();
const hosts: SshHost[] = [];
let dir: string;
let server: SshServer;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'interlock-test-ssh-server-'));
  server = await startSshServer({ root: dir, authorizedKey: login.publicKey, env: { DEMO: 'yes' } });
});
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.close();
  await server.close();
  await rm(dir, { recursive: true, force: true });
});

const hostWith = (privateKey = login.privateKey): SshHost => {
  const { host: address, port, hostKey } = server;
  const host = new SshHost({ name: 'demo', address, port, user: 'deploy', hostKey, privateKey });
  hosts.push(host);
  return host;
};
/** ssh2's client as it is; the server may reset it when it closes. */
const rawClient = (): ssh2.Client => new ssh2.Client().on('error', () => {});
const say = (body: string) => script('observe', 'say', body);

test('lets nobody in without the one key', async () => {
  await expect(hostWith(generateSshKeyPair().privateKey).run(say(':'))).rejects.toMatchObject({
    code: 'auth-failed',
  });
  const client = rawClient();
  const failed = once(client, 'error');
  client.connect({ host: server.host, port: server.port, username: 'deploy', password: 'x' });
  expect((await failed)[0]).toMatchObject({ level: 'client-authentication' });
  client.end();
});

test('shows a fresh host key at each start', async () => {
  const other = await startSshServer({ root: dir, authorizedKey: login.publicKey });
  expect(other.hostKey).not.toBe(server.hostKey);
  expect(other.hostKey).toMatch(/^ssh-ed25519 AAAA/);
  await other.close();
});

test('runs programs in the folder that plays the host, with a plain environment', async () => {
  process.env['INTERLOCK_TEST_TOKEN'] = 'secret';
  const result = await hostWith().run(say('pwd; echo "$HOME $DEMO"; env | grep TOKEN || :'));
  delete process.env['INTERLOCK_TEST_TOKEN'];
  expect(result.stdout).toBe(`${dir}\n${dir} yes\n`);
});

test('ends a program and what it has started when its client is cut off', async () => {
  const host = hostWith();
  const up = Promise.withResolvers<void>();
  const body = `sleep 600 & echo $! > pid; echo up; wait`;
  const outcome = host.run(say(body), { onOutput: () => up.resolve() }).catch((error: unknown) => error);
  await up.promise;
  const pid = Number(await readFile(join(dir, 'pid'), 'utf8'));
  expect(isAlive(pid)).toBe(true);
  await server.close();
  expect(await outcome).toMatchObject({ code: 'connection-lost' });
  await vi.waitUntil(() => !isAlive(pid));
});

test('leaves a program alone that was started to stay', async () => {
  await hostWith().run(say('sleep 600 > /dev/null 2>&1 < /dev/null & echo $! > pid'));
  await hosts[0]?.close();
  const pid = Number(await readFile(join(dir, 'pid'), 'utf8'));
  expect(isAlive(pid)).toBe(true);
  process.kill(pid);
});

test('forwards to loopback only', async () => {
  const elsewhere = Object.values(networkInterfaces())
    .flat()
    .find((each) => each && !each.internal)?.address;
  for (const address of [elsewhere ?? '192.0.2.1', 'example.com']) {
    const forward = await hostWith().forward(address, server.port);
    const socket = connect(forward.port, forward.host);
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('close', resolve));
    expect(socket.bytesRead).toBe(0);
  }
});

test('offers no shell and no sftp', async () => {
  const client = rawClient();
  client.connect({ host: server.host, port: server.port, username: 'deploy', privateKey: login.privateKey });
  await once(client, 'ready');
  expect(await new Promise((resolve) => client.shell((error) => resolve(error)))).toBeInstanceOf(Error);
  expect(await new Promise((resolve) => client.sftp((error) => resolve(error)))).toBeInstanceOf(Error);
  client.end();
});

test("serves OpenSSH's own client", async () => {
  await writeFile(join(dir, 'key'), login.privateKey, { mode: 0o600 });
  await writeFile(join(dir, 'known_hosts'), `[127.0.0.1]:${server.port} ${server.hostKey}\n`);
  const args = ['-F', 'none', '-p', String(server.port), '-i', join(dir, 'key')];
  const options = [`UserKnownHostsFile=${join(dir, 'known_hosts')}`, 'BatchMode=yes', 'IdentitiesOnly=yes'];
  const { stdout } = await promisify(execFile)('ssh', [
    ...args,
    ...options.flatMap((option) => ['-o', option]),
    'deploy@127.0.0.1',
    'head -c 3000000 /dev/zero | wc -c',
  ]);
  expect(stdout.trim()).toBe('3000000');
});

test('refuses to start with what is no public key', async () => {
  await expect(startSshServer({ root: dir, authorizedKey: 'ssh-ed25519 AAAA' })).rejects.toThrow(TypeError);
});

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    return false;
  }
}
