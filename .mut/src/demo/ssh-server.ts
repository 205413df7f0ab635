import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ParsedKey, type ServerChannel } from 'ssh2';
import { z } from 'zod';
import { join } from '../host/forward.ts';
import { fingerprintOf } from '../host/host-key.ts';
import { generateSshKeyPair } from './ssh-key-pair.ts';
import { type SessionProgram, startSessionProgram } from './ssh-session-program.ts';

export type SshServerOptions = {
  /** The folder that plays the host. */
  readonly root: string;
  /** The one public key that may log in, as an OpenSSH line. */
  readonly authorizedKey: string;
  /** The login's home and working directory; `root` without it. */
  readonly home?: string;
  /** Added to the few variables that a login gives. */
  readonly env?: Readonly<Record<string, string>>;
};

export type SshServer = {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** `ssh-ed25519 AAAA…`, fresh for each start. */
  readonly hostKey: string;
  readonly fingerprint: string;
  /** Cuts every connection and ends every program that was started through one. */
  close(): Promise<void>;
};

type Programs = Set<SessionProgram>;

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1']);
const listening = z.object({ port: z.number().int().positive() });

/**
 * An SSH server for the demo, in this process and on loopback only: public key login, `exec`, and forwarding to loopback.
 * It confines nobody: programs run as the user who started it, in the folder that plays the host.
 * Throws when `authorizedKey` is no public key.
 */
export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const authorized = readPublicKey(options.authorizedKey);
  const keys = generateSshKeyPair();
  const hostKey = readPublicKey(keys.publicKey);
  const programs: Programs = new Set();
  const sockets = new Set<Socket>();
  const ssh = new ssh2.Server({ hostKeys: [keys.privateKey] }, (connection) =>
    serveConnection(connection, authorized, options, programs),
  );
  // A listener of our own: ssh2's would leave Nagle's algorithm on, and could not hang up on everyone.
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    ssh.injectSocket(socket);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const blob = hostKey.getPublicSSH();
  return {
    host: '127.0.0.1',
    port: listening.parse(listener.address()).port,
    hostKey: `${hostKey.type} ${blob.toString('base64')}`,
    fingerprint: fingerprintOf(blob),
    close: async () => {
      const closed = new Promise((resolve) => listener.close(resolve));
      for (const socket of sockets) socket.destroy();
      for (const program of programs) program.hangUp();
      await Promise.all([closed, ...[...programs].map(({ ended }) => ended)]);
    },
  };
}

function serveConnection(
  connection: Connection,
  authorized: ParsedKey,
  options: SshServerOptions,
  programs: Programs,
): void {
  const mine: Programs = new Set();
  // A client that hangs up in the middle is no fault of the server's.
  connection.on('error', () => {});
  connection.on('authentication', (context) => authenticate(context, authorized));
  connection.on('close', () => {
    for (const program of mine) program.hangUp();
  });
  connection.on('session', (accept) => {
    const session = accept();
    // Once: a session runs one program (RFC 4254 §6.5), and ssh2 has no channel for a second.
    session.once('exec', (acceptExec, _reject, { command }) => {
      const program = startSessionProgram(acceptExec(), command, options);
      for (const set of [mine, programs]) {
        set.add(program);
        program.ended.finally(() => set.delete(program));
      }
      session.on('signal', (_accept, _refuse, { name }) => program.signal(name));
      session.on('close', () => program.hangUp());
    });
  });
  connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
    if (LOOPBACK.has(destIP)) carry(accept, reject, destIP, destPort);
    else reject();
  });
}

function authenticate(context: AuthContext, authorized: ParsedKey): void {
  if (isAuthorized(context, authorized)) context.accept();
  else context.reject(['publickey']);
}

/** The one key and nothing else; a client may ask about a key before it signs with it (RFC 4252 §7). */
function isAuthorized(context: AuthContext, authorized: ParsedKey): boolean {
  if (context.method !== 'publickey') return false;
  const expected = authorized.getPublicSSH();
  const { data } = context.key;
  if (data.length !== expected.length || !timingSafeEqual(data, expected)) return false;
  const { signature, blob, hashAlgo } = context;
  // For a mere question accept() answers "yes, sign with it", and lets nobody in.
  if (signature === undefined || blob === undefined) return true;
  // ssh2 returns an Error where it cannot verify, and an Error is truthy.
  return authorized.verify(blob, signature, hashAlgo) === true;
}

function carry(accept: () => ServerChannel, reject: () => void, host: string, port: number): void {
  const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
  socket.once('error', reject);
  socket.once('connect', () => {
    socket.removeListener('error', reject);
    join(socket, accept());
  });
}

function readPublicKey(line: string): ParsedKey {
  const key: ParsedKey | Error = ssh2.utils.parseKey(line);
  if (key instanceof Error)
    throw new TypeError(`expected an OpenSSH public key, got one that ssh2 refuses: ${key.message}`);
  return key;
}
