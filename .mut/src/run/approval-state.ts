// What has become of a run's request for approval: part of the fold of its events. Pure.
import type { Json } from '../plan/schema-scalars.ts';
import type { Approval, Drift, EventData, Person, RunEvent } from './events.ts';
import type { Reason } from './gate-result.ts';
import type { RunState } from './state.ts';

/** A consent that stands, with every group in which its giver counts; `assignGroups` chooses one. */
export type Consent = Omit<Approval, 'group'> & { readonly groups: readonly string[] };

type LastVote = Pick<EventData<'approval.voted'>, 'vote' | 'via' | 'votedAt' | 'factor'>;

export interface ApprovalState {
  readonly digest: string;
  readonly subject: { [key: string]: Json };
  readonly requestedAt: string;
  readonly expiresAt: string;
  status: 'waiting' | 'granted' | 'rejected' | 'expired' | 'voided';
  /** Consents that stand, in the order of voting; withdrawn ones are gone. */
  approvals: Consent[];
  /** Ids of approvers who took their consent back after the point of no return: recorded, without effect. */
  withdrawnTooLate: string[];
  rejectedBy: Person | null;
  decidedAt: string | null;
  /** Votes that did not count, each once: who, what and why. */
  refused: { readonly voter: string; readonly vote: string; readonly code: string }[];
  /** What each voter said last that counted, and when (RFC 3339): what came before it is stale. */
  lastVotes: { [voter: string]: LastVote };
  /** Why this request was taken back, and what was no longer as it had been shown; null while it was not. */
  voided: { readonly reason: Reason; readonly drift: readonly Drift[]; readonly at: string } | null;
  /** Wrong second factors so far, by voter. */
  wrongCodes: { [voter: string]: number };
}

/** Folds one event about an approval into the run. One about an earlier request changes nothing. */
export function applyApproval(
  state: RunState,
  event: Extract<RunEvent, { type: `approval.${string}` }>,
): void {
  if (event.type === 'approval.requested') {
    state.approval = {
      ...event.data,
      requestedAt: event.at,
      status: 'waiting',
      approvals: [],
      rejectedBy: null,
      decidedAt: null,
      refused: [],
      withdrawnTooLate: [],
      lastVotes: {},
      voided: null,
      wrongCodes: {},
    };
    return;
  }
  const approval = state.approval;
  if (approval === null || approval.digest !== event.data.digest) return;
  switch (event.type) {
    case 'approval.voted':
      countVote(state, approval, event.data);
      return;
    case 'approval.granted':
      Object.assign(approval, { status: 'granted', decidedAt: event.at });
      // Whatever was looked at for an earlier grant is too old for this one.
      for (const each of state.gates) if (each.gate.kind === 'drift') each.status = 'pending';
      return;
    case 'approval.lapsed':
      keepConsent(approval, event.data.voter.id, event.data.groups);
      return;
    case 'approval.voided':
      Object.assign(approval, {
        status: 'voided',
        decidedAt: event.at,
        voided: { reason: event.data.reason, drift: event.data.drift, at: event.at },
      });
      state.voided.push(approval);
      return;
    case 'approval.rejected':
      Object.assign(approval, { status: 'rejected', rejectedBy: event.data.by, decidedAt: event.at });
      return;
    case 'approval.expired':
      Object.assign(approval, { status: 'expired', decidedAt: event.at });
  }
}

function countVote(state: RunState, approval: ApprovalState, vote: EventData<'approval.voted'>): void {
  if (!vote.counted) {
    const code = vote.refusal?.code ?? 'refused';
    approval.refused.push({ voter: vote.voter.id, vote: vote.vote, code });
    if (code === 'second-factor-wrong')
      approval.wrongCodes[vote.voter.id] = (approval.wrongCodes[vote.voter.id] ?? 0) + 1;
    return;
  }
  approval.lastVotes[vote.voter.id] = latest(approval.lastVotes[vote.voter.id], vote);
  const others = approval.approvals.filter((each) => each.approver.id !== vote.voter.id);
  if (vote.vote === 'approve') {
    const { voter: approver, groups, votedAt, channel, messageTs, via, factor } = vote;
    approval.approvals = [...others, { approver, groups, votedAt, channel, messageTs, via, factor }];
  } else if (state.pointOfNoReturn !== null) {
    if (vote.vote === 'withdraw') approval.withdrawnTooLate.push(vote.voter.id);
  } else {
    keepConsent(approval, vote.voter.id, []);
    if (vote.vote === 'reject') approval.rejectedBy = vote.voter;
  }
}

/** Only a new consent takes back what was taken back by a button: a reaction may stand there from before. */
function latest(
  before: LastVote | undefined,
  { votedAt, via, vote, factor }: EventData<'approval.voted'>,
): LastVote {
  const stays = vote === 'withdraw' && before?.vote === 'withdraw' && before.via === 'button';
  return { votedAt, via: stays ? 'button' : via, vote, factor };
}

/** Before the point of no return: a consent that is gone, or counts in fewer groups, makes the run wait again. */
function keepConsent(approval: ApprovalState, voter: string, groups: readonly string[]): void {
  const { approvals } = approval;
  if (!approvals.some(({ approver }) => approver.id === voter)) return;
  approval.approvals = approvals.flatMap((each) => {
    if (each.approver.id !== voter) return [each];
    return groups.length > 0 ? [{ ...each, groups }] : [];
  });
  if (approval.status === 'granted') approval.status = 'waiting';
}
