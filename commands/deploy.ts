// /deploy PLAN: starts a run of a reviewed plan.
import type { RunControl } from '../src/run/control.ts';
import type { Command } from '../src/slack/command.ts';
import { listPlans, noSuchPlan } from '../src/slack/plan-answers.ts';
import { code, sentence } from '../src/slack/view/escape.ts';

export const deploy: Command = {
  name: 'deploy',
  usage: '/deploy PLAN [--dry-run]',
  summary: 'starts a run of a plan; nothing goes live before the approval',
  async run({ text, user, channel }, control) {
    const { names, isDryRun, isOdd } = parse(text);
    const [plan] = names;
    if (plan === undefined && !isOdd) return usage(control);
    if (plan === undefined || names.length > 1 || isOdd)
      return { text: `I did not understand that. Type ${code(deploy.usage)}.` };
    const answer = await control.request({
      operation: 'deploy',
      subject: plan,
      dryRun: isDryRun,
      requester: user,
      channel,
    });
    if (answer.ok) {
      return {
        text: `Run ${code(answer.value.runId)} of ${code(plan)} has started${isDryRun ? ' as a dry run' : ''}. Its message is in this channel; every gate reports in the thread.`,
      };
    }
    return answer.refusal.code === 'plan-not-found'
      ? noSuchPlan(control, deploy.name, plan)
      : { text: `:no_entry: ${sentence(answer.refusal.text)}` };
  },
};

function parse(text: string): { names: string[]; isDryRun: boolean; isOdd: boolean } {
  const words = text.split(/\s+/).filter((word) => word !== '');
  // Some keyboards turn two hyphens into a dash.
  const flags = words.filter((word) => /^[-–—]/.test(word)).map((word) => word.replace(/^[-–—]+/, ''));
  return {
    names: words.filter((word) => !/^[-–—]/.test(word)),
    isDryRun: flags.includes('dry-run'),
    isOdd: flags.some((flag) => flag !== 'dry-run'),
  };
}

async function usage(control: RunControl) {
  return { text: [`Type ${code(deploy.usage)}.`, ...(await listPlans(control))].join('\n') };
}
