// What one vote does to a run. Pure.
import { admitVoter, type Ballot, type Identity } from '../approval/policy.ts';
import type { Vote } from './control.ts';
import type { NewEvent } from './events.ts';
import type { Reason } from './gate-result.ts';
import type { RunState } from './state.ts';

export interface JudgedVote {
  readonly events: readonly NewEvent[];
  readonly answer: { readonly counted: boolean; readonly refusal: Reason | null };
}

/** The events to record and the answer to give. Saying the same again records nothing. */
export function judgeVote(run: RunState, cast: Vote, identity: Identity): JudgedVote {
  const { approval } = run;
  const nothing = (text: string) => ({
    events: [],
    answer: { counted: false, refusal: { code: 'closed', text } },
  });
  if (!approval || run.finished) return nothing('This run waits for no votes any more.');
  const stands = approval.approvals.some(({ approver }) => approver.id === cast.voterId);
  // Repeated deliveries and a sweep say again what is known; a withdrawal of what never counted says nothing.
  if ((cast.vote === 'approve' && stands) || (cast.vote === 'withdraw' && !stands))
    return { events: [], answer: { counted: stands, refusal: null } };
  if (cast.vote === 'reject' && approval.rejectedBy?.id === cast.voterId)
    return { events: [], answer: { counted: true, refusal: null } };
  if (cast.vote !== 'withdraw' && approval.status !== 'waiting' && run.pointOfNoReturn !== null)
    return nothing('It is decided: promote has begun.');
  if (approval.status === 'rejected' || approval.status === 'expired')
    return nothing(`This approval is ${approval.status}; start the run anew.`);
  if (cast.vote === 'withdraw' && approval.withdrawnTooLate.includes(cast.voterId))
    return nothing('The withdrawal came after the point of no return; it is on record.');
  // Whoever consented may take it back, whatever the workspace says of them by now.
  const standing = approval.approvals.find(({ approver }) => approver.id === cast.voterId);
  const ballot: Ballot =
    cast.vote === 'withdraw' && standing
      ? { allowed: true, group: standing.group }
      : admitVoter(run.plan.approval, run.requester, identity);
  if (!ballot.allowed) {
    const { code } = ballot.refusal;
    const known = approval.refused.some(
      (each) => each.voter === cast.voterId && each.vote === cast.vote && each.code === code,
    );
    // Every sweep says it again; the ledger says it once.
    if (known) return { events: [], answer: { counted: false, refusal: ballot.refusal } };
  }
  const event: NewEvent = {
    type: 'approval.voted',
    data: {
      digest: approval.digest,
      voter: { id: identity.id, name: identity.name },
      group: ballot.allowed ? ballot.group : null,
      vote: cast.vote,
      via: cast.via,
      channel: cast.channel,
      messageTs: cast.messageTs,
      votedAt: cast.votedAt,
      counted: ballot.allowed,
      refusal: ballot.allowed ? null : ballot.refusal,
    },
  };
  return {
    events: [event],
    answer: { counted: ballot.allowed, refusal: ballot.allowed ? null : ballot.refusal },
  };
}
