// The one way by which a reaction, a button or a sweep becomes a vote, and by which a refused voter is told why.
import type { WebClient } from '@slack/web-api';
import type { RunControl, Vote } from '../run/control.ts';
import type { Reason } from '../run/gate-result.ts';
import type { Log, Postings } from './ports.ts';
import { requestOfKey } from './view/approval-key.ts';
import { sentence } from './view/escape.ts';

export interface VoteParts {
  readonly client: WebClient;
  readonly control: RunControl;
  readonly postings: Pick<Postings, 'find' | 'list'>;
  readonly log: Log;
}

/** The bot's own approval message that this is, with the number of its request, or null: a vote elsewhere is none. */
export async function approvalPosting(
  postings: Pick<Postings, 'find'>,
  channel: string,
  messageTs: string,
): Promise<{ run: string; request: number } | null> {
  const posting = await postings.find(channel, messageTs);
  const request = posting ? requestOfKey(posting.key) : null;
  return posting && request !== null ? { run: posting.run, request } : null;
}

/** Hands the vote to the control plane. Returns why it did not count; null when it did, or when there was nothing to count. */
export async function castVote({ control, log }: VoteParts, vote: Vote): Promise<Reason | null> {
  const answer = await control.vote(vote);
  const refusal = answer.ok ? answer.value.refusal : answer.refusal;
  const { runId, voterId, vote: kind, via } = vote;
  log.info({ runId, voterId, vote: kind, via, refusal: refusal?.code ?? null }, 'vote');
  return refusal;
}

/** Tells the voter, and only the voter, in the run's thread. Never throws: the vote is recorded either way. */
export async function explainRefusal(
  { client, postings, log }: VoteParts,
  vote: Vote,
  refusal: Reason,
): Promise<void> {
  const { channel, voterId: user, runId, vote: kind } = vote;
  try {
    const root = (await postings.list(runId)).find(({ key }) => key === 'root');
    const what = { approve: 'approval', reject: 'rejection', withdraw: 'withdrawal' }[kind];
    const text = `Your ${what} was not counted. ${sentence(refusal.text)}`;
    await client.chat.postEphemeral({ channel, user, text, ...(root?.ts && { thread_ts: root.ts }) });
  } catch (error) {
    log.warn({ runId, user, error: String(error) }, 'could not tell a voter why the vote was refused');
  }
}
