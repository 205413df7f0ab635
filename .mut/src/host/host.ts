import type { Readable } from 'node:stream';
import type { Command } from './command.ts';

/** A machine that commands run on: over SSH, or this one. */
export interface Host {
  /** The plan's name for it; stands in results and errors. */
  readonly name: string;
  /**
   * Runs a command and resolves with its exit code, whatever that is. Only exit code 0 is success.
   * Rejects with a `HostError` when no exit code was obtained: then nothing is known to have succeeded.
   */
  run(command: Command, options?: RunOptions): Promise<CommandResult>;
  /** Puts bytes at an absolute path, whole and verified by sha256, or not at all. Mutates. */
  upload(upload: Upload): Promise<UploadResult>;
  /** Listens on this machine's loopback and carries each connection to an address as the host sees it. */
  forward(
    remoteHost: string,
    remotePort: number,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Forward>;
  /** Ends what is running and frees everything. The host cannot be used afterwards. */
  close(): Promise<void>;
}

export type RunOptions = {
  readonly signal?: AbortSignal;
  /** Sees every chunk of output as it comes, also what the result no longer keeps. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  /** Overrides the command's own limit. */
  readonly maxOutputBytes?: number;
  /** Streamed to the program's standard input, in place of the command's `stdin`. */
  readonly input?: Readable;
};

/** A program that ran to its end. Plain JSON, so that it can travel as evidence. */
export type CommandResult = {
  readonly host: string;
  readonly title: string;
  readonly argv: readonly string[];
  readonly exitCode: number;
  /** The first bytes of standard output, as UTF-8. */
  readonly stdout: string;
  /** The last bytes of standard error, as UTF-8. */
  readonly stderr: string;
  /** Length and sha256 (hex) of the whole streams, also of what was not kept. */
  readonly stdoutBytes: number;
  readonly stdoutSha256: string;
  readonly stdoutTruncated: boolean;
  readonly stderrBytes: number;
  readonly stderrSha256: string;
  readonly stderrTruncated: boolean;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
};

export type Upload = {
  /** A local file's path, or the bytes themselves. */
  readonly from: string | Readable;
  /** Absolute path on the host; its directory must exist. */
  readonly to: string;
  /** Hex digest that the bytes must have on the host. */
  readonly sha256: string;
  readonly bytes: number;
  /** File mode; 0o600 without it. */
  readonly mode?: number;
  /** While the fence there says something else than the token, the bytes do not get their name. */
  readonly fence?: { readonly path: string; readonly token: string };
  readonly signal?: AbortSignal;
  /** Milliseconds; 10 minutes without it. */
  readonly timeoutMs?: number;
};

export type UploadResult = {
  readonly host: string;
  readonly path: string;
  readonly bytes: number;
  /** As computed on the host. */
  readonly sha256: string;
  readonly durationMs: number;
};

export type Forward = { readonly host: '127.0.0.1'; readonly port: number; close(): Promise<void> };
