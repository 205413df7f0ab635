// /deploy PLAN: starts a run of a reviewed plan. /deploy disable and enable: the execution switch.
import type { Asker, RunControl } from '../src/run/control.ts';
import { type Level, levels } from '../src/run/switch.ts';
import type { Command, CommandAnswer, CommandInput } from '../src/slack/command.ts';
import { listPlans, noSuchPlan } from '../src/slack/plan-answers.ts';
import { type ReadWords, readWords } from '../src/slack/read-words.ts';
import { code, plain, sentence } from '../src/slack/view/escape.ts';

export const deploy: Command = {
  name: 'deploy',
  usage: '/deploy PLAN [--dry-run]',
  summary: 'starts a run of a plan; nothing goes live before the approval',
  async run(input, control) {
    const words = readWords(input.text, {
      'dry-run': 'alone',
      'override-freeze': 'rest',
      plan: 'word',
      level: 'word',
    });
    if (words === null) return misunderstood();
    const [first] = words.plain;
    switch (first) {
      case undefined:
        return Object.keys(words.options).length > 0 ? misunderstood() : usage(control);
      case 'status':
        return status(control);
      case 'disable':
      case 'enable':
        return turn(first === 'enable', words, input, control);
      default:
        return words.plain.length > 1 || words.options['plan'] || words.options['level']
          ? misunderstood()
          : start(first, words, input, control);
    }
  },
};

async function start(
  plan: string,
  { options }: ReadWords,
  { user, channel }: CommandInput,
  control: RunControl,
): Promise<CommandAnswer> {
  const isDryRun = options['dry-run'] !== undefined;
  const overrideFreeze = options['override-freeze'];
  if (overrideFreeze === '')
    return { text: `Say why the freeze does not count: ${code('/deploy PLAN --override-freeze REASON')}.` };
  const answer = await control.request({
    operation: 'deploy',
    subject: plan,
    dryRun: isDryRun,
    requester: user,
    channel,
    ...(overrideFreeze === undefined ? {} : { overrideFreeze }),
  });
  if (answer.ok) {
    return {
      text: `Run ${code(answer.value.runId)} of ${code(plan)} has started${isDryRun ? ' as a dry run' : ''}. Its message is in this channel; every gate reports in the thread.`,
    };
  }
  return answer.refusal.code === 'plan-not-found'
    ? noSuchPlan(control, deploy.name, plan)
    : { text: `:no_entry: ${sentence(answer.refusal.text)}` };
}

async function turn(
  enabled: boolean,
  { plain: [, ...reason], options }: ReadWords,
  { user, channel }: CommandInput,
  control: RunControl,
): Promise<CommandAnswer> {
  const level = readLevel(options['level']);
  if (level === null || options['dry-run'] !== undefined || options['override-freeze'] !== undefined)
    return misunderstood();
  const by: Asker = { ...user, channel };
  const answer = await control.flip(
    {
      enabled,
      plan: options['plan'] ?? null,
      level,
      reason: reason.join(' ') || 'no reason given',
    },
    by,
  );
  if (!answer.ok) return { text: `:no_entry: ${sentence(answer.refusal.text)}` };
  const of = answer.value.plan === null ? 'all plans' : code(answer.value.plan);
  return {
    text: enabled
      ? `:large_green_circle: Execution is enabled for ${of}.`
      : `:octagonal_sign: Execution is disabled for ${of}: ${effects[answer.value.level]}. A worker reads the switch at every single change; what was under way says in its thread where it stands.`,
  };
}

const effects: { readonly [L in Level]: string } = {
  0: 'nothing is mutated',
  1: 'nothing is mutated, approvals are void, and none is asked for or used until it is enabled again',
  2: 'nothing is mutated, no approval is asked for or used, and open LIVE runs are aborted',
  3: 'nothing is mutated, no approval is asked for or used, open LIVE runs are aborted, and none starts',
};

function readLevel(text: string | undefined): Level | null {
  if (text === undefined) return 0;
  return levels.find((each) => String(each) === text) ?? null;
}

async function status(control: RunControl): Promise<CommandAnswer> {
  const plans = await control.plans();
  const all = control.switchView(null);
  return {
    text: [
      `Execution is ${all.enabled ? '*enabled*' : `*disabled*: ${plain(all.reason)}`}.`,
      ...plans.flatMap(({ name }) => {
        const { enabled, reason } = control.switchView(name);
        return enabled === all.enabled ? [] : [`${code(name)}: ${enabled ? 'enabled' : plain(reason)}`];
      }),
    ].join('\n'),
  };
}

function misunderstood(): CommandAnswer {
  return {
    text: [
      `I did not understand that. Type ${code(deploy.usage)}.`,
      `In a freeze, with a reason: ${code('/deploy PLAN --override-freeze REASON')}`,
      `The execution switch: ${code('/deploy disable [--plan PLAN] [--level 0-3] REASON')}, ${code('/deploy enable [--plan PLAN] REASON')}, ${code('/deploy status')}`,
    ].join('\n'),
  };
}

async function usage(control: RunControl): Promise<CommandAnswer> {
  return { text: [`Type ${code(deploy.usage)}.`, ...(await listPlans(control))].join('\n') };
}
