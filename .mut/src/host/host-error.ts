import type { CommandResult } from './host.ts';
import type { LockHolder } from './lock-holder.ts';

/** Why something on a host did not happen, or cannot be known to have happened. */
export type HostErrorCode =
  | 'usage'
  | 'unreachable'
  | 'host-key-mismatch'
  | 'auth-failed'
  | 'connection-lost'
  | 'channel-refused'
  | 'timeout'
  | 'aborted'
  | 'killed-by-signal'
  | 'command-failed'
  | 'output-unreadable'
  | 'input-unreadable'
  | 'upload-mismatch'
  | 'exchange-unavailable'
  | 'locked'
  | 'lock-lost'
  /** Another attempt has raised its fence since: the command has done nothing. */
  | 'fenced-off';

export type HostErrorDetail = {
  readonly cause?: unknown;
  readonly host?: string;
  /** False when the program may still be running on the host: whoever goes on must look at the world first. */
  readonly ended?: boolean;
  /** The signal that ended the program, for `killed-by-signal`. */
  readonly signal?: string;
  /** The finished command, for `command-failed` and `output-unreadable`. */
  readonly result?: CommandResult;
  /** Who holds the lock, for `locked`; absent while the holder has not yet said so. */
  readonly holder?: LockHolder;
};

/** Any failure of `src/host/`. Decide on `code`; the message is for people. */
export class HostError extends Error {
  override readonly name = 'HostError';
  readonly code: HostErrorCode;
  readonly detail: HostErrorDetail;

  constructor(code: HostErrorCode, message: string, detail: HostErrorDetail = {}) {
    super(
      detail.host === undefined ? message : `${detail.host}: ${message}`,
      'cause' in detail ? { cause: detail.cause } : {},
    );
    this.code = code;
    this.detail = detail;
  }
}
