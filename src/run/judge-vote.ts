// What one vote does to a run. Pure.
import { authorize, type Scene } from '../approval/authorize.ts';
import { type Identity, isOneOf } from '../approval/identity.ts';
import { permitted } from '../approval/permissions.ts';
import type { ApprovalState } from './approval-state.ts';
import type { Vote } from './control.ts';
import type { NewEvent } from './events.ts';
import type { Reason } from './gate-result.ts';
import { type RunState, requestNumber } from './state.ts';

export interface JudgedVote {
  readonly events: readonly NewEvent[];
  readonly answer: { readonly counted: boolean; readonly refusal: Reason | null };
}

/** The events to record and the answer to give. Saying the same again records nothing. */
export function judgeVote(
  run: RunState,
  cast: Vote,
  identity: Identity,
  scene: Omit<Scene, 'run'>,
): JudgedVote {
  const { approval } = run;
  if (approval && cast.request !== requestNumber(run))
    return { events: [], answer: { counted: false, refusal: cast.vote === 'withdraw' ? null : outdated } };
  const known = approval ? alreadySaid(approval, cast) : null;
  if (known) return { events: [], answer: known };
  const { vote, voterId } = cast;
  if (approval && vote === 'withdraw' && !standing(approval, voterId))
    return { events: earlyWithdrawal(run, approval, cast, identity), answer: nothingCounted };
  const authority = authorize({ kind: 'person', identity }, vote, { ...scene, run });
  const refusal = authority.allowed ? null : authority.refusal;
  // The ledger of a run that has ended takes no vote any more, and whoever votes is told so.
  if (!approval || run.finished || (refusal && unrecorded.has(refusal.code)))
    return { events: [], answer: { counted: false, refusal } };
  // Every sweep says it again; the ledger says it once. A wrong code is a new one each time, and counted.
  const isKnown =
    refusal?.code !== 'second-factor-wrong' &&
    approval.refused.some(
      (each) => each.voter === voterId && each.vote === vote && each.code === refusal?.code,
    );
  if (isKnown) return { events: [], answer: { counted: false, refusal } };
  const event: NewEvent = {
    type: 'approval.voted',
    data: {
      digest: approval.digest,
      voter: { id: identity.id, name: identity.name },
      groups: authority.allowed
        ? [...(vote === 'withdraw' ? (standing(approval, voterId)?.groups ?? []) : authority.groups)]
        : [],
      vote,
      via: cast.via,
      channel: cast.channel,
      messageTs: cast.messageTs,
      votedAt: cast.votedAt,
      factor: authority.allowed && vote === 'approve' && scene.secondFactor === 'valid' ? 'totp' : null,
      counted: authority.allowed,
      refusal,
    },
  };
  return { events: [event], answer: { counted: authority.allowed, refusal } };
}

const outdated: Reason = {
  code: 'closed',
  text: 'What this message asked for is void; look at the newest request in the thread.',
};

const nothingCounted = { counted: false, refusal: null };

function standing({ approvals }: ApprovalState, voterId: string) {
  return approvals.find(({ approver }) => approver.id === voterId);
}

/** Remembers a withdrawal that overtook its consent, which must not count when it comes at last. */
function earlyWithdrawal(
  run: RunState,
  { digest, status }: ApprovalState,
  { vote, via, channel, messageTs, votedAt }: Vote,
  identity: Identity,
): NewEvent[] {
  const isOpen = (status === 'waiting' || status === 'granted') && !run.finished && !run.pointOfNoReturn;
  // Of nobody else a consent can come.
  const mayConsent = isOneOf(permitted(run.plan.approval, 'approve'), identity) !== false;
  if (!isOpen || !mayConsent) return [];
  const voter = { id: identity.id, name: identity.name };
  const where = { via, channel, messageTs, votedAt };
  return [
    {
      type: 'approval.voted',
      data: { digest, voter, groups: [], vote, ...where, factor: null, counted: true, refusal: null },
    },
  ];
}

/** Refusals that say nothing of the voter, and may be other in a moment. */
const unrecorded: ReadonlySet<string> = new Set([
  'closed',
  'no-approval',
  'user-group-unreadable',
  'unknown-channel',
]);

/** The answer to what is known or overtaken: repeated deliveries, sweeps, and events that come late. */
function alreadySaid(
  approval: ApprovalState,
  { vote, voterId, votedAt, via }: Vote,
): JudgedVote['answer'] | null {
  const consent = standing(approval, voterId);
  const stands = consent !== undefined;
  // A button beside a reaction is said anew: the reaction may have been taken away before, and its removal be on the way.
  const isSaidAnew = via === 'button' && consent?.via !== 'button' && votedAt > (consent?.votedAt ?? '');
  if (vote === 'approve' && stands && !isSaidAnew) return { counted: true, refusal: null };
  if (vote === 'withdraw' && approval.withdrawnTooLate.includes(voterId))
    return {
      counted: false,
      refusal: { code: 'closed', text: 'The withdrawal came after the point of no return; it is on record.' },
    };
  const last = approval.lastVotes[voterId];
  // Of two who reject, each is on record once, though only one of them is who ended it.
  if (vote === 'reject' && (approval.rejectedBy?.id === voterId || last?.vote === 'reject'))
    return { counted: true, refusal: null };
  // A consent that is older than what its giver said since says nothing any more. A rejection always counts.
  if (vote === 'approve' && last && (votedAt <= last.votedAt || (via === 'sweep' && isTakenBack(last))))
    return { counted: false, refusal: { code: 'stale', text: 'You have said something else since.' } };
  // The other way round only where both times are of one clock: a sweep's and that of a typed code are ours.
  const comparable = last && via !== 'sweep' && last.via !== 'sweep' && last.factor === null;
  if (vote === 'withdraw' && comparable && (stands ? votedAt < last.votedAt : votedAt <= last.votedAt))
    return stands ? { counted: true, refusal: null } : nothingCounted;
  return null;
}

/** A button takes no reaction away: the one that a sweep finds may be from before. */
function isTakenBack({ vote, via }: ApprovalState['lastVotes'][string]): boolean {
  return vote === 'withdraw' && via === 'button';
}
