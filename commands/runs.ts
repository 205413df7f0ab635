// /runs: the latest runs; one run with every duration and wait; and the way to abort one.
import type { RunControl } from '../src/run/control.ts';
import type { Person } from '../src/run/events.ts';
import type { Command, CommandAnswer } from '../src/slack/command.ts';
import { nearestNames } from '../src/slack/nearest-names.ts';
import { nothingKnown } from '../src/slack/view/desired-message.ts';
import { code, plain, sentence } from '../src/slack/view/escape.ts';
import { runDetails, runLine } from '../src/slack/view/run-details.ts';

const listed = 10;

export const runs: Command = {
  name: 'runs',
  usage: '/runs [RUN | abort RUN [reason]]',
  summary: 'lists the latest runs, shows one with its durations and waits, or aborts one',
  async run({ text, user }, control) {
    if (text === '') return latest(control);
    const abort = /^abort(?:\s+(\S+)(?:\s+([\s\S]+))?)?$/.exec(text);
    if (abort) return abortRun(control, user, abort[1], abort[2]?.trim());
    if (/\s/.test(text)) return { text: `I did not understand that. Type ${code(runs.usage)}.` };
    const run = await control.run(text);
    if (!run) return noSuchRun(control, text);
    return { text: runDetails(run, nothingKnown).join('\n') };
  },
};

async function latest(control: RunControl): Promise<CommandAnswer> {
  const recent = await control.recent(listed);
  if (recent.length === 0) return { text: `No run yet. ${code('/deploy')} lists the plans.` };
  return { text: ['*Latest runs*', ...recent.map(runLine), `One in full: ${code('/runs RUN')}`].join('\n') };
}

async function abortRun(
  control: RunControl,
  by: Person,
  runId: string | undefined,
  reason = 'no reason given',
): Promise<CommandAnswer> {
  if (runId === undefined) return { text: `Say which run: ${code('/runs abort RUN [reason]')}.` };
  const answer = await control.abort(runId, by, reason);
  if (answer.ok) {
    return {
      text: `Run ${code(runId)} is being aborted: ${plain(reason)}. What is under way ends first; nothing new begins.`,
    };
  }
  return answer.refusal.code === 'unknown-run'
    ? noSuchRun(control, runId)
    : { text: `:no_entry: ${sentence(answer.refusal.text)}` };
}

async function noSuchRun(control: RunControl, typed: string): Promise<CommandAnswer> {
  const recent = await control.recent(listed);
  const near = nearestNames(
    typed,
    recent.map(({ runId }) => runId),
  );
  const guess = near.length > 0 ? ` Did you mean ${near.map(code).join(' or ')}?` : '';
  return {
    text: [
      `:no_entry: There is no run ${code(typed)}.${guess}`,
      ...(await latest(control)).text.split('\n'),
    ].join('\n'),
  };
}
