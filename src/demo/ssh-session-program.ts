import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { ServerChannel } from 'ssh2';
import type { SshServerOptions } from './ssh-server.ts';

/** How long a program may take to clean up after its client is gone. */
const HANG_UP_GRACE_MS = 500;

/** A program that a client has started. */
export type SessionProgram = {
  /** Sends a signal by its SSH name ("TERM"); an unknown one is ignored. */
  signal(name: string): void;
  /** The client is gone: SIGHUP, then SIGKILL, to the program and all that it started. */
  hangUp(): void;
  readonly ended: Promise<void>;
};

/** As a login gives it, and this Node: what a person has put first on their own path is not on the host. */
const loginPath = [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(':');

/** Runs a shell line with its three streams on the channel, and reports its exit code or signal there. */
export function startSessionProgram(
  channel: ServerChannel,
  line: string,
  options: SshServerOptions,
): SessionProgram {
  const home = options.home ?? options.root;
  const username = process.env['USER'] ?? 'deploy';
  const child = spawn('sh', ['-c', line], {
    cwd: home,
    env: {
      PATH: loginPath,
      HOME: home,
      USER: username,
      LOGNAME: username,
      SHELL: '/bin/sh',
      ...options.env,
    },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  channel.on('error', () => {});
  channel.pipe(child.stdin);
  child.stdin.on('error', () => {});
  // What a program does not read any more must still leave the channel, or its end would never come.
  child.stdin.on('close', () => channel.resume());
  const write = writeInTurn(channel);
  child.stdout.on(
    'data',
    carrier(child.stdout, (chunk) => write(channel, chunk)),
  );
  child.stderr.on(
    'data',
    carrier(child.stderr, (chunk) => write(channel.stderr, chunk)),
  );
  child.once('error', () => {
    channel.exit(127);
    channel.end();
    end();
  });
  let state: 'running' | 'hung-up' | 'ended' = 'running';
  // What the program has started and left behind goes with a client that is gone; it stays when all ended well.
  child.once('exit', () => {
    if (state === 'hung-up') kill('SIGKILL');
  });
  child.once('close', async (code, signal) => {
    state = 'ended';
    end();
    await write(channel, Buffer.alloc(0));
    if (code === null) channel.exit((signal ?? 'SIGKILL').slice('SIG'.length), false, '');
    else channel.exit(code);
    channel.end();
  });

  const kill = (signal: string): void => {
    // The number of a group that has ended may belong to another by now.
    if (child.pid === undefined || state === 'ended') return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // Already ended, or no signal of this system.
    }
  };
  return {
    ended,
    signal: (name) => kill(`SIG${name}`),
    hangUp: () => {
      if (state !== 'running') return;
      state = 'hung-up';
      // Nobody reads its output any more, and unread output would keep it from ending.
      child.stdout.destroy();
      child.stderr.destroy();
      child.stdin.destroy();
      kill('SIGHUP');
      const timer = setTimeout(() => kill('SIGKILL'), HANG_UP_GRACE_MS);
      ended.finally(() => clearTimeout(timer));
    },
  };
}

/** Reads on only when the last chunk has left. */
function carrier(from: Readable, write: (chunk: Buffer) => Promise<void>): (chunk: Buffer) => void {
  return (chunk) => {
    from.pause();
    write(chunk).then(() => from.resume());
  };
}

/**
 * Writes to the channel and its standard error one chunk at a time.
 *
 * ssh2 1.17 keeps a chunk that had to wait for the client's window in `_chunk` and never clears it: when standard error waits
 * later, the old standard output is sent once more, and with both waiting one of them is forgotten.
 */
function writeInTurn(channel: ServerChannel): (to: Writable, chunk: Buffer) => Promise<void> {
  let turn = Promise.resolve();
  return (to, chunk) => {
    turn = turn.then(
      () =>
        new Promise((resolve) => {
          to.write(chunk, () => {
            Object.assign(channel, {
              _chunk: undefined,
              _chunkcb: undefined,
              _chunkErr: undefined,
              _chunkcbErr: undefined,
            });
            resolve();
          });
        }),
    );
    return turn;
  };
}
