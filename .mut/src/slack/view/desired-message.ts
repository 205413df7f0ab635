// A message as it should stand in the workspace. Views make these; the projection brings the workspace up to them.
import type { types } from '@slack/bolt';
import type { KeptRuling } from '../../report/kept-ruling.ts';

export interface DesiredFile {
  /** Unique in the run: it is how an upload is found again after a crash. */
  readonly name: string;
  readonly title: string;
  /** Digest of its bytes, which are in the evidence store unless `text` has them. */
  readonly digest: string;
  readonly text?: string;
}

export interface DesiredMessage {
  /** Unique in the run: `root`, `gate-<kind>`, `approval`, `approval-2`, `final`. */
  readonly key: string;
  /** Whether it is a reply in the run's thread; only the root is not. */
  readonly thread: boolean;
  /** What notifications and screen readers say. */
  readonly text: string;
  readonly blocks: types.KnownBlock[];
  readonly files?: readonly DesiredFile[];
  /** What is shown of it when Slack does not take all blocks; without it, the text alone. */
  readonly shorter?: types.KnownBlock[];
  /** Names of reactions that the bot puts there when it posts, for people to join. Its own are never votes. */
  readonly reactions?: readonly string[];
}

/** What views know beside the run. */
export interface ViewContext {
  /** Names of people by Slack id; an unknown id is shown as it is. */
  readonly names: ReadonlyMap<string, string>;
  /** Roles whose queue no worker serves at the moment. */
  readonly unservedRoles: ReadonlySet<string>;
  /** What the running gate last said of itself, such as `219 of 394 tests`. */
  readonly progress: string | null;
  /** What holds a granted approval up: a freeze, or the disable ladder; null when nothing does. */
  readonly held: string | null;
  /** What was kept of the rulings on the run: signed statements, and the final document with them. */
  readonly rulings: readonly KeptRuling[];
}

export const nothingKnown: ViewContext = {
  names: new Map(),
  unservedRoles: new Set(),
  progress: null,
  held: null,
  rulings: [],
};

/** The stable marker by which a message is recognised in the workspace: the `block_id` of its first block. */
export function markerOf(runId: string, key: string): string {
  const marker = `il:${runId}:${key}`;
  if (marker.length > 255)
    throw new RangeError(`expected a marker of at most 255 characters, got ${marker.length}: ${marker}`);
  return marker;
}
