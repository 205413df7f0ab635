// What the Slack layer needs of the outside; the real parts are wired in main.ts.

/**
 * A message or file of a run in the workspace. `pending` means that posting it was begun and may have happened; `settled`, that
 * Slack does not take it and it is not tried again: a line in the thread says so.
 */
export interface Posting {
  readonly run: string;
  readonly key: string;
  readonly channel: string;
  /** Slack's timestamp of the message; of a file its id. */
  readonly ts?: string | null;
  /** Digest of the content last shown. */
  readonly digest?: string | null;
  /** Slack's code for why the content of `digest` is not what stands there whole; null when it is. */
  readonly refusal?: string | null;
  readonly state: 'pending' | 'posted' | 'settled';
  /** How often showing it was tried in vain since it was last shown; absent when never. */
  readonly tries?: number;
}

/** The table of what was posted: it makes a restart update messages instead of posting them again. */
export interface Postings {
  list(run: string): Promise<readonly Posting[]>;
  find(channel: string, ts: string): Promise<Posting | null | undefined>;
  /** Records the intent before the post; does nothing when the row is there. */
  begin(intent: { run: string; key: string; channel: string }): Promise<unknown>;
  posted(shown: {
    run: string;
    key: string;
    ts: string;
    digest: string;
    /** Why only a part of it stands there. */
    refusal?: string | null;
  }): Promise<void>;
  /** Records that Slack does not take the content of `digest`: of what stands there an edit, of all else the whole. */
  settle(refused: { run: string; key: string; digest: string; refusal: string }): Promise<void>;
  /** Records how often showing it was tried in vain; does nothing for what was not begun. */
  tried(failed: { run: string; key: string; tries: number }): Promise<void>;
  /** Forgets what stands there as `ts`, which Slack says was deleted: the next pass brings it back. */
  doubt(message: { channel: string; ts: string }): Promise<void>;
}

/** Which deliveries were handled: Slack repeats some of them. */
export interface Inbox {
  /** True for the first caller with this id in any process, false ever after. */
  firstSeen(source: string, id: string): Promise<boolean>;
  /** True when `firstSeen` was called with this id before, in any process. Marks nothing. */
  wasSeen(source: string, id: string): Promise<boolean>;
}

export interface Log {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}
