// The approval request: everything that a consent stands for, who may give it, and afterwards who did.
import type { types } from '@slack/bolt';
import type { ApprovalState, RunState } from '../../run/state.ts';
import { context, header, list, section } from './blocks.ts';
import { consentSubject } from './consent-subject.ts';
import type { DesiredMessage, ViewContext } from './desired-message.ts';
import { code, plain } from './escape.ts';
import { clock, count, utc } from './measures.ts';

/** `action_id` of the buttons; their value names the run and the digest that is consented to. */
export const approveAction = 'interlock-approve';
export const rejectAction = 'interlock-reject';

/** Null before an approval was asked for. */
export function approvalMessage(run: RunState, view: ViewContext): DesiredMessage | null {
  const { approval, plan } = run;
  if (!approval) return null;
  const isOpen = isOpenForVotes(run);
  const title = titleOf(run, approval);
  const subject = consentSubject(run, approval);
  return {
    key: 'approval',
    thread: true,
    ...(isOpen && { reactions: ['white_check_mark', 'x'] }),
    text: `${title}: ${plain(plan.title)}. Approval digest ${approval.digest}`,
    blocks: [
      header(`${title} · ${plan.title}`),
      section(isOpen ? ask(run, approval) : decision(run, approval)),
      section(`*Approval digest*, over everything that is listed here\n${code(approval.digest)}`),
      ...list('What it stands for', subject.what),
      ...list('Gates so far', subject.gates),
      ...list('The way back', subject.wayBack),
      ...list('Who may approve', approverLines(run, view)),
      ...list('Votes that stand', voteLines(approval)),
      ...(approval.refused.length > 0
        ? [context(`${count(approval.refused.length, 'vote')} refused; the voters were told why.`)]
        : []),
      ...(isOpen ? [buttons(run, approval)] : []),
    ],
  };
}

/** Whether a vote can still change anything: buttons are shown exactly then. */
function isOpenForVotes({ approval, aborted, finished }: RunState): boolean {
  return approval?.status === 'waiting' && !approval.rejectedBy && !aborted && !finished;
}

function titleOf(run: RunState, { status, rejectedBy }: ApprovalState): string {
  if (rejectedBy) return '❌ Rejected';
  if (status === 'granted') return '✅ Approved';
  if (status === 'expired') return '⛔ Expired without approval';
  if (run.aborted || run.finished) return '⛔ No longer asked for';
  return '✋ Approval needed';
}

function ask({ mode, operation }: RunState, { expiresAt }: ApprovalState): string {
  const effect = operation === 'rollback' ? 'the anchor goes live again' : 'this goes live';
  return [
    `React to *this message* with :white_check_mark: to approve or :x: to reject, or use the buttons. Until ${utc(expiresAt)}; a timeout is not a consent.`,
    `${mode === 'LIVE' ? `With the last consent ${effect}.` : 'A dry run: nothing goes live, whatever is decided.'} Taking the reaction away withdraws the consent, until promote begins.`,
  ].join('\n');
}

function decision(run: RunState, approval: ApprovalState): string {
  const { status, approvals, rejectedBy, decidedAt, digest, expiresAt } = approval;
  const at = decidedAt ? ` at ${utc(decidedAt)}` : '';
  if (rejectedBy)
    return `*Rejected by ${plain(rejectedBy.name)}*${at}, for ${code(digest)}. Nothing went live by this run.`;
  switch (status) {
    case 'granted': {
      const people = approvals.map(
        ({ approver, group, votedAt }) => `${plain(approver.name)} (${plain(group)}, ${clock(votedAt)})`,
      );
      const final = run.pointOfNoReturn
        ? `Final since ${clock(run.pointOfNoReturn)}.`
        : 'It can be withdrawn until promote begins.';
      return `*Approved by ${people.join(' and ')}*${at}, for ${code(digest)}. ${final}`;
    }
    case 'expired':
      return `No quorum by ${utc(expiresAt)}. A timeout is not a consent; nothing went live by this run.`;
    default:
      return run.aborted
        ? `${plain(run.aborted.by.name)} aborted the run: ${plain(run.aborted.reason)}. No vote is needed any more.`
        : 'The run ended; no vote is needed any more.';
  }
}

function approverLines({ plan }: RunState, { names }: ViewContext): string[] {
  return Object.entries(plan.approval.groups).map(
    ([group, { members, quorum }]) =>
      `*${plain(group)}*: ${quorum} of ${members.map((id) => plain(names.get(id) ?? id)).join(', ')}`,
  );
}

function voteLines({ approvals }: ApprovalState): string[] {
  return approvals.map(
    ({ approver, group, votedAt }) =>
      `:white_check_mark: ${plain(approver.name)} for ${plain(group)} at ${clock(votedAt)}`,
  );
}

function buttons({ runId }: RunState, { digest }: ApprovalState): types.ActionsBlock {
  const value = JSON.stringify({ run: runId, digest });
  const button = (action: string, text: string, style: 'primary' | 'danger'): types.Button => ({
    type: 'button',
    action_id: action,
    text: { type: 'plain_text', text },
    style,
    value,
  });
  return {
    type: 'actions',
    elements: [button(approveAction, 'Approve', 'primary'), button(rejectAction, 'Reject', 'danger')],
  };
}
