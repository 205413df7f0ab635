// The second factor of a consent: the button opens a form, the form's code comes with the vote.
import { setTimeout as delay } from 'node:timers/promises';
import type { App } from '@slack/bolt';
import { WebAPIPlatformError } from '@slack/web-api';
import { z } from 'zod';
import { userGroupsIn } from '../approval/identity.ts';
import { permitted } from '../approval/permissions.ts';
import { mostWrongCodes } from '../approval/second-factor.ts';
import type { Vote } from '../run/control.ts';
import type { Reason } from '../run/gate-result.ts';
import type { RunState } from '../run/state.ts';
import { approvalPosting, castVote, explainRefusal, type VoteParts } from './cast-vote.ts';
import { parsedJson } from './parsed-json.ts';
import { codeAction, codeBlock, codeCallback, codeModal, codeSubjectSchema } from './view/code-modal.ts';
import { inPlainText } from './view/escape.ts';

/** ms after which a form is closed, whatever has become of its code by then: Slack waits for 3 s. */
const patienceMs = 2_000;
/** Answers that are kept for deliveries that come twice. */
const mostAnswers = 100;

/** Whether a code would make this person's consent count. Whoever cannot consent anyway is refused at once, without a form. */
export function needsCode({ plan, requester, approval }: RunState, userId: string): boolean {
  if (plan.approval.secondFactor === 'none' || userId === requester.id) return false;
  if (approval?.approvals.some(({ approver }) => approver.id === userId)) return false;
  if ((approval?.wrongCodes[userId] ?? 0) >= mostWrongCodes) return false;
  const members = permitted(plan.approval, 'approve');
  return members.includes(userId) || userGroupsIn(members).length > 0;
}

/** Opens the form for a vote. Never throws: whoever pressed the button is told when Slack does not open it. */
export async function askForCode(
  parts: VoteParts,
  triggerId: string,
  vote: Vote,
  { plan, approval }: RunState,
): Promise<void> {
  const { channel, messageTs: message, runId: run, request } = vote;
  const subject = { channel, message, run, request, digest: approval?.digest ?? '' };
  try {
    await parts.client.views.open({ trigger_id: triggerId, view: codeModal(plan.title, subject) });
  } catch (error) {
    // The same press came twice, and its form is open.
    if (error instanceof WebAPIPlatformError && error.data.error === 'exchanged_trigger_id') return;
    parts.log.warn({ run, user: vote.voterId, error: String(error) }, 'the form for a code did not open');
    await explainRefusal(parts, vote, notOpened);
  }
}

const submissionSchema = z.object({
  body: z.object({ trigger_id: z.string(), user: z.object({ id: z.string() }) }),
  view: z.object({
    private_metadata: parsedJson.pipe(codeSubjectSchema),
    state: z.object({
      values: z.object({ [codeBlock]: z.object({ [codeAction]: z.object({ value: z.string() }) }) }),
    }),
  }),
});
type Submission = z.infer<typeof submissionSchema>;

/** Registers the listener of the form. */
export function listenForCodes(app: App, parts: VoteParts): void {
  /** A delivery that comes twice has to be answered the same, and must not count a wrong code twice. */
  const answers = new Map<string, Promise<Outcome>>();

  app.view({ callback_id: codeCallback, type: 'view_submission' }, async ({ ack, body, view }) => {
    const refuse = (refusal: Reason) =>
      ack({ response_action: 'errors', errors: { [codeBlock]: inPlainText(refusal.text) } });
    const read = submissionSchema.safeParse({ body, view });
    if (!read.success) return refuse(unreadable);
    const known = answers.get(read.data.body.trigger_id);
    const answer = known ?? submit(parts, read.data);
    answers.set(read.data.body.trigger_id, answer);
    for (const [oldest] of answers) if (answers.size > mostAnswers) answers.delete(oldest);

    const stopped = new AbortController();
    const late = delay(patienceMs, 'late' as const, { signal: stopped.signal }).catch(() => 'late' as const);
    const first = await Promise.race([answer, late]);
    stopped.abort();
    if (first !== 'late') return first.refusal ? refuse(first.refusal) : ack();
    await ack();
    const { refusal, vote } = await answer;
    if (refusal && vote && !known) await explainRefusal(parts, vote, refusal);
  });
}

interface Outcome {
  readonly refusal: Reason | null;
  readonly vote: Vote | null;
}

/** Never throws: a form that stays open without a word would be taken for work. */
async function submit(parts: VoteParts, submission: Submission): Promise<Outcome> {
  let vote: Vote | null = null;
  try {
    const read = await voteOf(parts, submission);
    if (!('voterId' in read)) return { vote, refusal: read };
    vote = read;
    return { vote, refusal: await castVote(parts, vote) };
  } catch (error) {
    parts.log.error({ user: submission.body.user.id, error: String(error) }, 'a code was not judged');
    return { vote, refusal: notJudged };
  }
}

/** The vote that a form stands for, or why it stands for none (any more). */
async function voteOf({ postings, control }: VoteParts, { body, view }: Submission): Promise<Vote | Reason> {
  const { channel, message, run, request, digest } = view.private_metadata;
  const posting = await approvalPosting(postings, channel, message);
  if (posting?.run !== run || posting.request !== request) return unreadable;
  if ((await control.run(run))?.approval?.digest !== digest) return stale;
  const code = view.state.values[codeBlock][codeAction].value.replace(/\s/g, '');
  if (!/^[0-9]{6}$/.test(code)) return notACode;
  return {
    runId: run,
    voterId: body.user.id,
    vote: 'approve',
    via: 'button',
    channel,
    messageTs: message,
    request,
    // A form says nothing of when it was sent.
    votedAt: new Date().toISOString(),
    code,
  };
}

const unreadable: Reason = {
  code: 'unreadable',
  text: 'This form belongs to no approval of mine; press *Approve* on the message in the thread.',
};
const stale: Reason = {
  code: 'stale-digest',
  text: 'What this form was opened for is no longer what is asked for; cancel, and look at the newest request in the thread.',
};
const notACode: Reason = {
  code: 'not-a-code',
  text: 'Type the six digits that your authenticator app shows now.',
};
const notJudged: Reason = {
  code: 'not-judged',
  text: 'That did not get through to the control plane. Look at the message in the thread before you try again.',
};
const notOpened: Reason = {
  code: 'form-not-opened',
  text: 'Slack did not open the form for your code; press *Approve* again.',
};
