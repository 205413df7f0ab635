import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { generateSshKeyPair } from '../../src/demo/ssh-key-pair.ts';
import { script } from '../../src/host/command.ts';
import { SshHost } from '../../src/host/ssh-host.ts';
import type { SshTarget } from '../../src/host/ssh-target.ts';
import { type OpenSsh, startOpenSsh } from '../fixtures/openssh.ts';
import { targetOf } from './each-host.ts';

let server: OpenSsh;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  server = await startOpenSsh();
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});
afterAll(() => server.close());

const hostOn = (to: OpenSsh, more: Partial<SshTarget> = {}): SshHost => {
  const host = new SshHost(targetOf(to, more));
  open.push(host);
  return host;
};
const another = async (options: Parameters<typeof startOpenSsh>[0]): Promise<OpenSsh> => {
  const started = await startOpenSsh(options);
  open.push(started);
  return started;
};
const say = (body: string, args: string[] = []) => script('observe', 'say', body, args);

/** Starts a command and resolves once it has said something. */
async function underWay(host: SshHost, body: string): Promise<{ outcome: Promise<unknown> }> {
  const up = Promise.withResolvers<void>();
  const outcome = host.run(say(body), { onOutput: () => up.resolve() }).catch((error: unknown) => error);
  await up.promise;
  return { outcome };
}

test('refuses another host key before any credential is sent', async () => {
  const strange = await another({});
  const { publicKey: hostKey } = generateSshKeyPair();
  await expect(hostOn(strange, { hostKey }).run(say(':'))).rejects.toMatchObject({
    code: 'host-key-mismatch',
    message: expect.stringContaining(strange.fingerprint),
  });
  await vi.waitUntil(() =>
    strange.log.some((line) => line.includes('closed by') || line.includes('disconnect')),
  );
  expect(strange.log.filter((line) => /Accepted|Failed|Postponed|authenticating user/.test(line))).toEqual(
    [],
  );
});

test('refuses a host key of another type than the pinned one, and accepts that type when it is pinned', async () => {
  const ecdsa = await another({ hostKeyType: 'ecdsa' });
  await expect(hostOn(ecdsa, { hostKey: server.hostKey }).run(say(':'))).rejects.toMatchObject({
    code: 'host-key-mismatch',
    message: expect.stringMatching(/expected host key ssh-ed25519 .*got ecdsa-sha2-nistp256/),
  });
  expect(await hostOn(ecdsa).run(say(':'))).toMatchObject({ exitCode: 0 });
});

test('accepts a key that is pinned by its fingerprint alone', async () => {
  expect(await hostOn(server, { hostKey: server.fingerprint }).run(say(':'))).toMatchObject({ exitCode: 0 });
});

test('throws auth-failed for a key that the host does not know', async () => {
  const { privateKey } = generateSshKeyPair();
  await expect(hostOn(server, { privateKey }).run(say(':'))).rejects.toMatchObject({ code: 'auth-failed' });
});

test('takes the private key from a file, and names the file that it cannot read', async () => {
  const { name, address, port, user, hostKey } = targetOf(server);
  const target = { name, address, port: port ?? 0, user, hostKey };
  const fromFile = new SshHost({ ...target, privateKeyPath: server.privateKeyPath });
  open.push(fromFile);
  expect(await fromFile.run(say(':'))).toMatchObject({ exitCode: 0 });
  for (const privateKeyPath of [join(server.dir, 'none'), join(server.dir, 'sshd', 'config')]) {
    await expect(new SshHost({ ...target, privateKeyPath }).run(say(':'))).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(privateKeyPath),
    });
  }
  await expect(new SshHost(target).run(say(':'))).rejects.toMatchObject({ code: 'usage' });
});

test('shows its private key neither when inspected nor in an error', async () => {
  const host = hostOn(server, { hostKey: generateSshKeyPair().publicKey });
  const error: unknown = await host.run(say(':')).catch((cause: unknown) => cause);
  const secret = server.privateKey.split('\n')[1] ?? 'none';
  expect(inspect(host, { depth: 9, showHidden: true })).not.toContain(secret);
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(secret);
});

test('throws unreachable for a port that nobody listens on, and for a server that says nothing', async () => {
  const silent = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = silent.address();
  if (address === null || typeof address === 'string') throw new Error('expected a port');
  const mute = hostOn(server, { port: address.port, connectTimeoutMs: 100 });
  await expect(mute.run(say(':'))).rejects.toMatchObject({ code: 'unreachable' });
  await new Promise((resolve) => silent.close(resolve));
  await expect(mute.run(say(':'))).rejects.toMatchObject({ code: 'unreachable' });
});

test('throws connection-lost when the connection is cut in the middle of a command, and never runs it again', async () => {
  const mine = await another({});
  const host = hostOn(mine);
  const { outcome } = await underWay(host, `echo x >> ${mine.dir}/ran; echo up; exec sleep 600`);
  mine.dropConnections();
  expect(await outcome).toMatchObject({ code: 'connection-lost', detail: { ended: false } });
  expect(await host.run(say('echo back'))).toMatchObject({ stdout: 'back\n' });
  expect(await readFile(`${mine.dir}/ran`, 'utf8')).toBe('x\n');
});

test('a cut connection loses all that runs on it, also what would have ended well', async () => {
  const mine = await another({});
  const host = hostOn(mine);
  const runs = await Promise.all(Array.from({ length: 8 }, () => underWay(host, 'echo up; sleep 600')));
  const queued = host.run(say('echo late'));
  mine.dropConnections();
  for (const { outcome } of runs) expect(await outcome).toMatchObject({ code: 'connection-lost' });
  expect(await queued).toMatchObject({ stdout: 'late\n' });
});

test('throws connection-lost when the server stops answering', async () => {
  const mine = await another({});
  const host = hostOn(mine, { keepaliveMs: 50 });
  const { outcome } = await underWay(host, 'echo up; exec sleep 600');
  for (const pid of mine.connections()) process.kill(pid, 'SIGSTOP');
  expect(await outcome).toMatchObject({ code: 'connection-lost' });
});

test('throws connection-lost for a command that waits when the connection is cut', async () => {
  const mine = await another({ forceCommand: true });
  const host = hostOn(mine);
  await mine.pauseOn('touch-me');
  const outcome = host.run(say('echo touch-me')).catch((error: unknown) => error);
  await mine.paused();
  expect(await host.run(say('echo other'))).toMatchObject({ stdout: 'other\n' });
  mine.dropConnections();
  expect(await outcome).toMatchObject({ code: 'connection-lost' });
  await mine.resume();
  expect(await host.run(say('echo touch-me'))).toMatchObject({ stdout: 'touch-me\n' });
});

test('ends a forced command at its deadline, though sshd refuses signals for it', async () => {
  const mine = await another({ forceCommand: true });
  const command = { ...say('sleep 600'), timeoutMs: 100 };
  await expect(hostOn(mine).run(command)).rejects.toMatchObject({ code: 'timeout', detail: { ended: true } });
});

test('runs 30 commands at once over one connection, and lets one in the queue be aborted', async () => {
  const mine = await another({});
  const host = hostOn(mine);
  const abort = new AbortController();
  const runs = Array.from({ length: 30 }, (_, n) => host.run(say('sleep 0.02; echo "$1"', [String(n)])));
  const queued = host.run(say(`: > ${mine.dir}/never`), { signal: abort.signal });
  abort.abort();
  await expect(queued).rejects.toMatchObject({ code: 'aborted', detail: { ended: true } });
  expect((await Promise.all(runs)).map(({ stdout }) => stdout)).toEqual(runs.map((_, n) => `${n}\n`));
  expect(mine.connections()).toHaveLength(1);
  expect(mine.log.filter((line) => line.startsWith('Accepted publickey'))).toHaveLength(1);
});

test('waits for a channel where the server allows fewer than expected', async () => {
  const host = hostOn(await another({ maxSessions: 2 }));
  const runs = Array.from({ length: 12 }, (_, n) => host.run(say('echo "$1"', [String(n)])));
  expect((await Promise.all(runs)).map(({ stdout }) => stdout)).toEqual(runs.map((_, n) => `${n}\n`));
});

test('throws channel-refused where the server allows no session at all', async () => {
  const host = hostOn(await another({ maxSessions: 0 }));
  await expect(host.run(say(':'))).rejects.toMatchObject({ code: 'channel-refused' });
});

test('logs 60 hosts in to one server at once without losing one to MaxStartups', async () => {
  const mine = await another({});
  const hosts = Array.from({ length: 60 }, (_, n) => hostOn(mine, { name: `web-${n}` }));
  const results = await Promise.all(hosts.map((host) => host.run(say('echo up'))));
  expect(results.map(({ host }) => host)).toEqual(hosts.map(({ name }) => name));
});

test('a forward opens its connection anew after a loss', async () => {
  const mine = await another({});
  const greeter = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
  await once(greeter, 'listening');
  const address = greeter.address();
  if (address === null || typeof address === 'string') throw new Error('expected a port');
  const forward = await hostOn(mine).forward('127.0.0.1', address.port);
  const greeting = (): Promise<string> => text(connect(forward.port, forward.host));
  expect(await greeting()).toBe('hello');
  mine.dropConnections();
  await vi.waitFor(async () => expect(await greeting()).toBe('hello'));
  await new Promise((resolve) => greeter.close(resolve));
});
