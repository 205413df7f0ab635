// The form in which an approver types the code of their authenticator app.
import type { types } from '@slack/bolt';
import { z } from 'zod';
import { code, plain } from './escape.ts';

export const codeCallback = 'interlock-code';
export const codeBlock = 'code';
export const codeAction = 'typed';

/** What the code is typed for. It comes back with the form, where nobody vouches for it: it is checked like a button's value. */
export const codeSubjectSchema = z.strictObject({
  channel: z.string(),
  message: z.string(),
  run: z.string(),
  request: z.int().min(1),
  digest: z.string(),
});
export type CodeSubject = z.infer<typeof codeSubjectSchema>;

export function codeModal(title: string, subject: CodeSubject): types.ModalView {
  return {
    type: 'modal',
    callback_id: codeCallback,
    private_metadata: JSON.stringify(subject),
    title: { type: 'plain_text', text: 'Approve' },
    submit: { type: 'plain_text', text: 'Approve' },
    close: { type: 'plain_text', text: 'Cancel' },
    blocks: [
      {
        type: 'section',
        text: {
          type: 'mrkdwn',
          text: `*${plain(title)}*, run ${code(subject.run)}\nApproval digest ${code(subject.digest)}`,
        },
      },
      {
        type: 'input',
        block_id: codeBlock,
        label: { type: 'plain_text', text: 'Code of your authenticator app' },
        hint: {
          type: 'plain_text',
          text: 'Six digits, each code good once. Your consent counts only with it.',
        },
        element: {
          type: 'plain_text_input',
          action_id: codeAction,
          min_length: 6,
          max_length: 9,
          focus_on_load: true,
        },
      },
    ],
  };
}
