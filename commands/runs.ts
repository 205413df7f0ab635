// /runs: the latest runs; one run with every duration and wait; how to abort one, and how to publish one's report again.
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
  usage: '/runs [RUN | abort RUN [reason] | publish RUN]',
  summary:
    'lists the latest runs, shows one with its durations and waits, aborts one, or publishes its report again',
  async run({ text, user }, control) {
    if (text === '') return latest(control);
    const abort = /^abort(?:\s+(\S+)(?:\s+([\s\S]+))?)?$/.exec(text);
    if (abort) return abortRun(control, user, abort[1], abort[2]?.trim());
    const publish = /^publish(?:\s+(\S+))?$/.exec(text);
    if (publish) return publishRun(control, user, publish[1]);
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

async function publishRun(
  control: RunControl,
  by: Person,
  runId: string | undefined,
): Promise<CommandAnswer> {
  if (runId === undefined) return { text: `Say which run: ${code('/runs publish RUN')}.` };
  const answer = await control.publish(runId, by);
  if (answer.ok) {
    const { published, detail } = answer.value;
    return {
      text: published
        ? `:white_check_mark: The report of run ${code(runId)}: ${plain(detail)}.`
        : `:warning: The report of run ${code(runId)} was not published: ${plain(detail)}. Its verdict stands; ${code(`/runs publish ${runId}`)} tries again.`,
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
