// /rollback RUN|PLAN: asks for the way back from what a run has promoted. It needs an approval of its own.

import { nearestNames } from '../src/plan/nearest-names.ts';
import type { RunControl } from '../src/run/control.ts';
import type { Command } from '../src/slack/command.ts';
import { code, sentence } from '../src/slack/view/escape.ts';
import { runLine } from '../src/slack/view/run-details.ts';

export const rollback: Command = {
  name: 'rollback',
  usage: '/rollback RUN|PLAN',
  summary: 'brings back what was live before a run, once that is approved',
  async run({ text, user, channel }, control) {
    if (text === '' || /\s/.test(text))
      return { text: [`Type ${code(rollback.usage)}.`, ...(await candidates(control))].join('\n') };
    const answer = await control.request({
      operation: 'rollback',
      subject: text,
      dryRun: false,
      requester: user,
      channel,
    });
    if (answer.ok) {
      return {
        text: `Run ${code(answer.value.runId)} prepares the way back from ${code(text)} and will ask for an approval in its thread.`,
      };
    }
    if (answer.refusal.code !== 'unknown-run') return { text: `:no_entry: ${sentence(answer.refusal.text)}` };
    const near = nearestNames(
      text,
      (await control.recent(50)).map(({ runId }) => runId),
    );
    const guess = near.length > 0 ? ` Did you mean ${near.map(code).join(' or ')}?` : '';
    return {
      text: [`:no_entry: There is no run ${code(text)}.${guess}`, ...(await candidates(control))].join('\n'),
    };
  },
};

/** Runs that promoted something, newest first. */
async function candidates(control: RunControl): Promise<string[]> {
  const runs = (await control.recent(50)).filter(
    ({ operation, gates }) =>
      operation === 'deploy' &&
      gates.some(({ gate, status }) => gate.kind === 'promote' && status === 'pass'),
  );
  return runs.length === 0
    ? ['No run has promoted anything yet.']
    : ['*Runs that promoted something*', ...runs.slice(0, 5).map(runLine)];
}
