import { randomUUID } from 'node:crypto';
import { type Command, toShell } from './command.ts';
import { listenAndDial } from './forward.ts';
import type { CommandResult, Forward, Host, RunOptions, Upload, UploadResult } from './host.ts';
import { HostError } from './host-error.ts';
import { MARK } from './marked-program.ts';
import { raceAbort } from './race-abort.ts';
import { runToEnd } from './run-to-end.ts';
import { Slots } from './slots.ts';
import { SshConnection } from './ssh-connection.ts';
import type { SshTarget } from './ssh-target.ts';
import { untilStarted } from './until-started.ts';
import { uploadThrough } from './upload.ts';

/** OpenSSH allows 10 sessions a connection (MaxSessions) and counts one until its program has ended. */
const CHANNELS = 8;
/**
 * OpenSSH begins to drop logins at random when 10 are unfinished (MaxStartups 10:30:100), and counts one for a moment
 * longer than its client does: of 1,500 logins at 10 at a time 1 % were dropped, at 8 still two, at 6 none.
 */
const HANDSHAKES = 5;
const KILL_GRACE_MS = 2_000;

/** Unfinished logins by server. The limit is between this process and that server, whoever asks for the login. */
const handshakes = new Map<string, Slots>();

/**
 * A host over SSH: one connection, opened when first needed and again after a loss. The operation that a loss hits
 * rejects with `connection-lost`; it is never run a second time, because nobody knows how far it came.
 */
export class SshHost implements Host {
  readonly name: string;
  readonly #target: SshTarget;
  readonly #channels = new Slots(CHANNELS);
  readonly #closing = new AbortController();
  readonly #forwards = new Set<Forward>();
  #connection: SshConnection | undefined;
  #connecting: Promise<SshConnection> | undefined;

  constructor(target: SshTarget) {
    this.name = target.name;
    this.#target = target;
  }

  async run(command: Command, options: RunOptions = {}): Promise<CommandResult> {
    const mark = randomUUID();
    const line = toShell({ ...command, env: { ...command.env, [MARK]: mark } });
    const release = await this.#channels.take(options.signal);
    try {
      const connection = await this.#connected(command.title, options.signal);
      const graceMs = this.#target.killGraceMs ?? KILL_GRACE_MS;
      const opening = connection.exec(line, mark, options.signal);
      const program = await untilStarted(
        opening,
        { host: this.name, title: command.title, graceMs },
        options.signal,
      );
      return await runToEnd(this.name, command, options, program, graceMs);
    } finally {
      release();
      options.input?.destroy();
    }
  }

  upload(upload: Upload): Promise<UploadResult> {
    return uploadThrough(this, upload);
  }

  async forward(
    remoteHost: string,
    remotePort: number,
    options: { signal?: AbortSignal } = {},
  ): Promise<Forward> {
    const what = `forward to ${remoteHost} port ${remotePort}`;
    await this.#connected(what, options.signal);
    const forward = await listenAndDial(async () =>
      (await this.#connected(what)).dial(remoteHost, remotePort),
    );
    this.#forwards.add(forward);
    return forward;
  }

  async close(): Promise<void> {
    this.#closing.abort(new HostError('aborted', 'the host was closed', { host: this.name }));
    await this.#connecting?.catch(() => {});
    await Promise.all([...this.#forwards].map((forward) => forward.close()));
    await this.#connection?.close();
  }

  async #connected(what: string, signal?: AbortSignal): Promise<SshConnection> {
    if (this.#closing.signal.aborted) {
      throw new HostError('usage', `${what}: expected an open host, got one that was closed`, {
        host: this.name,
      });
    }
    if (this.#connection?.alive) return this.#connection;
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = undefined;
    });
    return raceAbort(this.#connecting, what, signal);
  }

  async #open(): Promise<SshConnection> {
    const server = `${this.#target.address} ${this.#target.port ?? 22}`;
    const slots = handshakes.get(server) ?? new Slots(HANDSHAKES);
    handshakes.set(server, slots);
    const release = await slots.take(this.#closing.signal);
    try {
      this.#connection = await SshConnection.open(this.#target, this.#closing.signal);
      return this.#connection;
    } finally {
      release();
    }
  }
}
