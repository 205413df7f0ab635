import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { NodeSSH } from 'node-ssh';
import type { Client, ClientChannel } from 'ssh2';
import { z } from 'zod';
import { HostError } from './host-error.ts';
import { algorithmsFor, fingerprintOf, keyTypeOf, matchesPin, parseHostKeyPin } from './host-key.ts';
import type { RunningProgram } from './running-program.ts';
import { Slots } from './slots.ts';
import { followProgram } from './ssh-program.ts';
import { loginMethods, type SshTarget } from './ssh-target.ts';

const CONNECT_TIMEOUT_MS = 20_000;
const KEEPALIVE_MS = 5_000;
const KEEPALIVES = 3;
/** The last pause before a refused channel counts as refused. */
const LONGEST_WAIT_MS = 640;
/** How long a connection may take to say goodbye. */
const GOODBYE_MS = 1_000;

/** ssh2 marks each of its errors with the layer that it comes from. */
const layer = z.object({ level: z.string() });

/** One authenticated connection to one host, from login to loss. */
export class SshConnection {
  readonly #target: SshTarget;
  readonly #ssh: NodeSSH;
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #closed = Promise.withResolvers<void>();
  /** Channels that MaxSessions allows beyond those that a host's commands use. */
  readonly #spare = new Slots(2);
  #firstError: unknown;
  #alive = true;

  private constructor(target: SshTarget, ssh: NodeSSH, client: Client, socket: Socket) {
    this.#target = target;
    this.#ssh = ssh;
    this.#client = client;
    this.#socket = socket;
    // Eight channels and their openings listen at once; ssh2's default warning is for a forgotten listener.
    client.setMaxListeners(0);
    // For the life of the client: a keepalive timeout is an 'error' event long after connect() has settled, and
    // node-ssh has taken its own listener away by then.
    client.on('error', (error) => {
      this.#firstError ??= error;
    });
    client.on('close', () => {
      this.#alive = false;
      this.#closed.resolve();
    });
  }

  /**
   * Logs in. Throws `host-key-mismatch` before any credential is sent, `auth-failed`, or `unreachable`; `usage` for
   * a target that cannot be right.
   */
  static async open(target: SshTarget, signal?: AbortSignal): Promise<SshConnection> {
    const { name: host, address, port = 22, user } = target;
    const pin = parseHostKeyPin(target.hostKey);
    const login = await loginMethods(target);
    const timeoutMs = target.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
    // Our own socket, because Nagle's algorithm costs 40 ms a round trip and ssh2 leaves it on.
    const socket = connect({ host: address, port, noDelay: true });
    const hangUp = (): void => void socket.destroy();
    signal?.addEventListener('abort', hangUp, { once: true });
    let refused: Buffer | undefined;
    const ssh = new NodeSSH();
    const ready = ssh.connect({
      ...login,
      sock: socket,
      username: user,
      readyTimeout: timeoutMs,
      keepaliveInterval: target.keepaliveMs ?? KEEPALIVE_MS,
      keepaliveCountMax: KEEPALIVES,
      algorithms: { serverHostKey: algorithmsFor(pin) },
      hostVerifier: (key: Buffer) => {
        const accepted = matchesPin(pin, key);
        if (!accepted) refused = key;
        return accepted;
      },
    });
    // node-ssh sets the client before its first await.
    const client = ssh.connection;
    if (client === null) {
      socket.destroy();
      await ready;
      throw new HostError('unreachable', 'expected node-ssh to open a client, got none', { host });
    }
    const connection = new SshConnection(target, ssh, client, socket);
    try {
      await ready;
      if (signal?.aborted) throw signal.reason;
      return connection;
    } catch (failure) {
      socket.destroy();
      const cause = connection.#firstError ?? failure;
      if (signal?.aborted)
        throw new HostError('aborted', 'aborted while connecting', { host, ended: true, cause });
      if (refused) {
        const got = `${keyTypeOf(refused)} ${fingerprintOf(refused)}`;
        throw new HostError(
          'host-key-mismatch',
          `expected host key ${[pin.type, pin.fingerprint].filter(Boolean).join(' ')}, got ${got}; no credential was ` +
            'sent. Find out on the host itself which key is right before you change the plan',
          { host, cause },
        );
      }
      const level = layer.safeParse(cause).data?.level;
      if (level === 'client-authentication' || level === 'agent') {
        const next = "add its public key to that user's authorized_keys on the host";
        throw new HostError('auth-failed', `expected ${user}'s key to be accepted, got a refusal; ${next}`, {
          host,
          cause,
        });
      }
      const got = cause instanceof Error ? cause.message : String(cause);
      const where = `${address} port ${port} within ${timeoutMs} ms`;
      throw new HostError('unreachable', `expected an SSH login at ${where}, got: ${got}`, { host, cause });
    } finally {
      signal?.removeEventListener('abort', hangUp);
    }
  }

  get alive(): boolean {
    return this.#alive && this.#socket.writable;
  }

  /**
   * Starts a shell line whose environment carries `mark`. Throws `connection-lost` or `channel-refused`.
   *
   * sshd frees a session only after it has worked off what is in its input buffer, so for a moment it may count more than
   * are open and refuse. A refused channel has run nothing: asking again is safe.
   */
  async exec(line: string, mark: string, signal?: AbortSignal): Promise<RunningProgram> {
    for (let wait = 10; ; wait *= 2) {
      try {
        return await this.#open(
          'a command',
          (done) => this.#client.exec(line, done),
          (channel) => followProgram(this, channel, mark),
        );
      } catch (error) {
        const again = error instanceof HostError && error.code === 'channel-refused' && !signal?.aborted;
        if (!again || wait > LONGEST_WAIT_MS) throw error;
        await delay(wait);
      }
    }
  }

  /** Runs a shell line whose output and exit code nobody needs, on a channel that `exec`'s users leave free. */
  async execUnread(line: string): Promise<void> {
    const release = await this.#spare.take();
    try {
      await this.#open(
        'a command',
        (done) => this.#client.exec(line, done),
        (channel) =>
          new Promise<void>((resolve) => {
            channel.once('close', resolve);
            channel.on('error', () => resolve());
            channel.resume().end();
            channel.stderr.resume();
          }),
      );
    } finally {
      release();
    }
  }

  /** Opens a connection to an address as the host sees it. Throws `connection-lost` or `channel-refused`. */
  dial(host: string, port: number): Promise<ClientChannel> {
    return this.#open(
      `${host} port ${port}`,
      (done) => this.#client.forwardOut('127.0.0.1', 0, host, port, done),
      (channel) => channel,
    );
  }

  /** Calls back once with the reason when the connection is gone. Returns how to stop listening. */
  onLost(listener: (cause: unknown) => void): () => void {
    const onClose = (): void => listener(this.#firstError);
    this.#client.once('close', onClose);
    if (!this.#alive) onClose();
    return () => void this.#client.removeListener('close', onClose);
  }

  async close(): Promise<void> {
    this.#ssh.dispose();
    const timer = setTimeout(() => this.#socket.destroy(), GOODBYE_MS);
    if (this.#alive) await this.#closed.promise;
    clearTimeout(timer);
  }

  /** `follow` is called in the same turn as the channel comes: its first packets may be the next thing in the buffer. */
  async #open<T>(
    what: string,
    start: (done: (error: Error | undefined, channel: ClientChannel) => void) => void,
    follow: (channel: ClientChannel) => T,
  ): Promise<T> {
    const { name: host } = this.#target;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const fail = (code: 'connection-lost' | 'channel-refused', got: string, cause: unknown): void =>
      reject(
        new HostError(code, `${what}: expected an open channel, got ${got}`, {
          host,
          ended: code !== 'connection-lost',
          cause,
        }),
      );
    const lost = (cause: unknown): void => fail('connection-lost', 'the end of the connection', cause);
    const forget = this.onLost(lost);
    try {
      start((cause, channel) => {
        if (!cause) resolve(follow(channel));
        else if (this.alive) fail('channel-refused', 'a refusal', cause);
        else lost(cause);
      });
    } catch (cause) {
      // ssh2 throws at once when the socket is gone.
      lost(cause);
    }
    try {
      return await promise;
    } finally {
      forget();
    }
  }
}
