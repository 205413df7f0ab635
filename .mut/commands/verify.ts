// /verify PLAN|RUN: looks again at what is deployed, and changes nothing.
import type { Command } from '../src/slack/command.ts';
import { listPlans, noSuchPlan } from '../src/slack/plan-answers.ts';
import { code, sentence } from '../src/slack/view/escape.ts';

export const verify: Command = {
  name: 'verify',
  usage: '/verify PLAN|RUN',
  summary: 'checks the deployed tree, tests, proofs and probes again; changes nothing',
  async run({ text, user, channel }, control) {
    if (text === '' || /\s/.test(text)) {
      return {
        text: [
          `Type ${code(verify.usage)}: the name of a plan, or the id of one of its runs.`,
          ...(await listPlans(control)),
        ].join('\n'),
      };
    }
    const answer = await control.request({
      operation: 'verify',
      subject: text,
      dryRun: false,
      requester: user,
      channel,
    });
    if (answer.ok)
      return {
        text: `Run ${code(answer.value.runId)} verifies ${code(text)}. Its message is in this channel.`,
      };
    return answer.refusal.code === 'plan-not-found'
      ? noSuchPlan(control, verify.name, text)
      : { text: `:no_entry: ${sentence(answer.refusal.text)}` };
  },
};
