// Which consents came by the button. A button leaves no reaction behind, so a sweep must not read its absence as a withdrawal;
// and the run's state does not say by which way a consent came.
import type { Vote } from '../run/control.ts';
import type { Approval } from '../run/events.ts';
import type { Posting, Postings } from './ports.ts';

/** Remembers the click, before its vote is cast: a crash in between leaves a note of a consent that never was, which is harmless. */
export async function rememberButton(postings: Postings, vote: Vote): Promise<void> {
  const { runId: run, voterId, channel, votedAt } = vote;
  const key = keyOf(voterId);
  await postings.begin({ run, key, channel });
  await postings.posted({ run, key, ts: noteOf(voterId, votedAt), digest: '' });
}

/** Whether exactly this consent, by its voter and its instant, was a click. */
export function cameByButton(postings: readonly Posting[], { approver, votedAt }: Approval): boolean {
  return postings.some(({ key, ts }) => key === keyOf(approver.id) && ts === noteOf(approver.id, votedAt));
}

function keyOf(voterId: string): string {
  return `button-${voterId}`;
}

function noteOf(voterId: string, votedAt: string): string {
  return `${votedAt} ${voterId}`;
}
