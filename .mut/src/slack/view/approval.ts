// The approval request: everything that a consent stands for, who may give it, and afterwards who did.
import type { types } from '@slack/bolt';
import { assignGroups } from '../../approval/policy.ts';
import type { ApprovalState } from '../../run/approval-state.ts';
import { decisionAskedFor } from '../../run/asked-for.ts';
import type { RunState } from '../../run/state.ts';
import { approvalKey } from './approval-key.ts';
import { context, header, list, section } from './blocks.ts';
import { consentSubject } from './consent-subject.ts';
import type { DesiredMessage, ViewContext } from './desired-message.ts';
import { code, plain } from './escape.ts';
import { clock, count, utc } from './measures.ts';

/** `action_id` of the buttons; their value names the run and the digest that is consented to. */
export const approveAction = 'interlock-approve';
export const rejectAction = 'interlock-reject';

/** Takes a consent back that was given by the button, which leaves no reaction to take away. */
export const withdrawAction = 'interlock-withdraw';

/** One message a request: what was said on an earlier one never counts for a later one. */
export function approvalMessages(
  run: RunState,
  view: ViewContext,
): { at: string; message: DesiredMessage }[] {
  const { approval, voided } = run;
  const all = approval && approval.status !== 'voided' ? [...voided, approval] : voided;
  return all.map((each, index) => ({
    at: each.requestedAt,
    message: approvalMessage(run, each, approvalKey(index + 1), view),
  }));
}

function approvalMessage(
  run: RunState,
  approval: ApprovalState,
  key: string,
  view: ViewContext,
): DesiredMessage {
  const { plan } = run;
  const isOpen = isOpenForVotes(run, approval);
  const title = titleOf(run, approval);
  const subject = consentSubject(run, approval);
  const digestOver = (what: string) =>
    section(`*Approval digest*, over everything that ${what}\n${code(approval.digest)}`);
  return {
    key,
    thread: true,
    ...(isOpen && {
      shorter: [
        header(`${title} · ${plan.title}`),
        section(ask(run, approval)),
        digestOver('is listed in the file that is named below; read it before you approve'),
        buttons(run, approval),
      ],
    }),
    ...(isOpen && { reactions: ['white_check_mark', 'x'] }),
    text: `${title}: ${plain(plan.title)}. Approval digest ${approval.digest}`,
    blocks: [
      header(`${title} · ${plan.title}`),
      section(isOpen ? ask(run, approval) : decision(run, approval)),
      digestOver('is listed here'),
      ...list('Changed since it was shown before', driftLines(run, approval)),
      ...list('What it stands for', subject.what),
      ...list('Gates so far', subject.gates),
      ...list('The way back', subject.wayBack),
      ...list('Who may approve', approverLines(run, view)),
      ...list('Votes that stand', voteLines(run, approval)),
      ...(approval.refused.length > 0
        ? [context(`${count(approval.refused.length, 'vote')} refused; the voters were told why.`)]
        : []),
      ...(isOpen ? [buttons(run, approval)] : []),
      // It may be days until a freeze ends, and a consent by button leaves no reaction to take away.
      ...(approval.status === 'granted' && view.held !== null ? [withdrawal(run, approval)] : []),
    ],
  };
}

/** Whether a vote can still change anything: buttons are shown exactly then. */
function isOpenForVotes({ aborted, finished }: RunState, { status, rejectedBy }: ApprovalState): boolean {
  return status === 'waiting' && !rejectedBy && !aborted && !finished;
}

/** Why the run asks anew: what the request before this one had shown otherwise. */
function driftLines({ voided }: RunState, approval: ApprovalState): string[] {
  const before = voided.at(approval.status === 'voided' ? voided.indexOf(approval) - 1 : -1);
  if (!before?.voided || before.requestedAt >= approval.requestedAt) return [];
  return before.voided.drift.map(
    ({ name, before: was, after: is }) => `*${plain(name)}*: ${plain(was)} → ${plain(is)}`,
  );
}

function titleOf(run: RunState, { status, rejectedBy }: ApprovalState): string {
  if (rejectedBy) return '❌ Rejected';
  if (status === 'granted') return '✅ Approved';
  if (status === 'expired') return '⛔ Expired without approval';
  if (status === 'voided') return '⛔ Void';
  if (run.aborted || run.finished) return '⛔ No longer asked for';
  return '✋ Approval needed';
}

function ask(run: RunState, { expiresAt }: ApprovalState): string {
  const { mode, operation, plan, anchors } = run;
  const asked = decisionAskedFor(run);
  const isRemoval = anchors.length > 0 && anchors.every(({ digest }) => digest === null);
  const back = isRemoval ? 'what is live is taken out' : 'the anchor goes live again';
  const live = operation === 'rollback' ? back : 'this goes live';
  const effect = asked ? `it is decided: “${plain(asked.with.decision)}”` : live;
  return [
    `React to *this message* with :white_check_mark: to approve or :x: to reject, or use the buttons. Until ${utc(expiresAt)}; a timeout is not a consent.`,
    `${mode === 'LIVE' ? `With the last consent ${effect}.` : 'A dry run: nothing goes live, whatever is decided.'} Taking the reaction away withdraws the consent, until ${asked ? 'it is recorded' : 'promote begins'}.`,
    ...(plan.approval.secondFactor === 'totp'
      ? [
          ':key: This plan asks for a code of your authenticator app: use the button; a reaction alone does not approve.',
        ]
      : []),
  ].join('\n');
}

function decision(run: RunState, approval: ApprovalState): string {
  const { status, approvals, rejectedBy, decidedAt, digest, expiresAt } = approval;
  const at = decidedAt ? ` at ${utc(decidedAt)}` : '';
  if (rejectedBy)
    return `*Rejected by ${plain(rejectedBy.name)}*${at}, for ${code(digest)}. Nothing went live by this run.`;
  switch (status) {
    case 'granted': {
      const people = assignGroups(run.plan.approval, approvals).map(
        ({ approver, group, votedAt }) => `${plain(approver.name)} (${plain(group)}, ${clock(votedAt)})`,
      );
      const final = run.pointOfNoReturn
        ? `Final since ${clock(run.pointOfNoReturn)}.`
        : 'It can be withdrawn until promote begins.';
      return `*Approved by ${people.join(' and ')}*${at}, for ${code(digest)}. ${final}`;
    }
    case 'expired':
      return `No quorum by ${utc(expiresAt)}. A timeout is not a consent; nothing went live by this run.`;
    case 'voided':
      return `*Void*${at}: ${plain(approval.voided?.reason.text ?? 'it was taken back')} Votes on this message no longer count.`;
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

function voteLines({ plan }: RunState, { approvals }: ApprovalState): string[] {
  return assignGroups(plan.approval, approvals).map(
    ({ approver, group, votedAt, factor }) =>
      `:white_check_mark: ${plain(approver.name)} for ${plain(group)} at ${clock(votedAt)}${factor === null ? '' : ', with a second factor'}`,
  );
}

function withdrawal(run: RunState, approval: ApprovalState): types.ActionsBlock {
  return { type: 'actions', elements: [withdrawButton(buttonValue(run, approval))] };
}

function buttonValue({ runId }: RunState, { digest }: ApprovalState): string {
  return JSON.stringify({ run: runId, digest });
}

function withdrawButton(value: string): types.Button {
  return {
    type: 'button',
    action_id: withdrawAction,
    text: { type: 'plain_text', text: 'Withdraw' },
    value,
  };
}

function buttons(run: RunState, approval: ApprovalState): types.ActionsBlock {
  const value = buttonValue(run, approval);
  const button = (action: string, text: string, style: 'primary' | 'danger'): types.Button => ({
    type: 'button',
    action_id: action,
    text: { type: 'plain_text', text },
    style,
    value,
  });
  return {
    type: 'actions',
    elements: [
      button(approveAction, 'Approve', 'primary'),
      button(rejectAction, 'Reject', 'danger'),
      withdrawButton(value),
    ],
  };
}
