import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { type Command, toShell } from './command.ts';
import { listenAndDial } from './forward.ts';
import type { CommandResult, Forward, Host, RunOptions, Upload, UploadResult } from './host.ts';
import { HostError } from './host-error.ts';
import { runToEnd } from './run-to-end.ts';
import type { Ending, RunningProgram } from './running-program.ts';
import { uploadThrough } from './upload.ts';

const KILL_GRACE_MS = 2_000;

/** The environment that a login gives. This process's own also holds tokens, which no command may see. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'] as const;

export type LocalHostOptions = {
  readonly name?: string;
  /** Added to the few variables that a login would give. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds that a program gets to end after SIGTERM, and again after SIGKILL; 2,000 without it. */
  readonly killGraceMs?: number;
};

/** This machine as a host: the same shell lines as over SSH, each in a process group of its own. */
export class LocalHost implements Host {
  readonly name: string;
  readonly #env: Record<string, string>;
  readonly #killGraceMs: number;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  readonly #forwards = new Set<Forward>();

  constructor(options: LocalHostOptions = {}) {
    this.name = options.name ?? 'localhost';
    const inherited = INHERITED.flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name]]],
    );
    this.#env = { ...Object.fromEntries(inherited), ...options.env };
    this.#killGraceMs = options.killGraceMs ?? KILL_GRACE_MS;
  }

  async run(command: Command, options: RunOptions = {}): Promise<CommandResult> {
    const line = toShell(command);
    if (this.#closing.signal.aborted) {
      throw new HostError('usage', `${command.title}: expected an open host, got one that was closed`, {
        host: this.name,
      });
    }
    const signal = options.signal
      ? AbortSignal.any([options.signal, this.#closing.signal])
      : this.#closing.signal;
    if (signal.aborted) {
      const why = `${command.title}: aborted; nothing was started`;
      throw new HostError('aborted', why, { host: this.name, ended: true, cause: signal.reason });
    }
    const end = runToEnd(this.name, command, { ...options, signal }, this.#start(line), this.#killGraceMs);
    this.#running.add(end);
    try {
      return await end;
    } finally {
      this.#running.delete(end);
    }
  }

  upload(upload: Upload): Promise<UploadResult> {
    return uploadThrough(this, upload);
  }

  async forward(remoteHost: string, remotePort: number): Promise<Forward> {
    const forward = await listenAndDial(async () => {
      const socket = connect({ host: remoteHost, port: remotePort, noDelay: true, allowHalfOpen: true });
      await once(socket, 'connect');
      return socket;
    });
    this.#forwards.add(forward);
    return forward;
  }

  async close(): Promise<void> {
    this.#closing.abort(new HostError('aborted', 'the host was closed', { host: this.name }));
    await Promise.allSettled(this.#running);
    await Promise.all([...this.#forwards].map((forward) => forward.close()));
  }

  #start(line: string): RunningProgram {
    // Detached: a group of its own, so that an end by force reaches all that the program has started.
    const home = this.#env['HOME'] ?? homedir();
    const child = spawn('sh', ['-c', line], {
      // As a login does for a home that is not there.
      cwd: existsSync(home) ? home : '/',
      env: this.#env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    return followChild(child);
  }
}

function followChild(child: ChildProcessByStdio<Writable, Readable, Readable>): RunningProgram {
  const { promise: ending, resolve } = Promise.withResolvers<Ending>();
  // Not once: a signal that could not be sent is an error event too, and one that nobody hears ends this process.
  child.on('error', (cause) => resolve({ kind: 'lost', cause }));
  for (const output of [child.stdout, child.stderr])
    output.on('error', (cause) => resolve({ kind: 'lost', cause }));
  child.once('close', (code, signal) =>
    resolve(
      code === null ? { kind: 'signalled', signal: signal ?? 'an unnamed signal' } : { kind: 'exited', code },
    ),
  );
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ending,
    kill: (signal) => killGroup(child.pid, `SIG${signal}`),
    abandon: () => {
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      child.unref();
    },
  };
}

function killGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended already.
  }
}
