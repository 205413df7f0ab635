// /runs: the latest runs; one run with every duration and wait; and what can be done with an open or a finished one.

import { nearestNames } from '../src/plan/nearest-names.ts';
import type { Answer, Asker, HeldLock, RunControl } from '../src/run/control.ts';
import type { Command, CommandAnswer } from '../src/slack/command.ts';
import { readRuling, rulingUsage } from '../src/slack/read-ruling.ts';
import { nothingKnown } from '../src/slack/view/desired-message.ts';
import { code, plain, sentence } from '../src/slack/view/escape.ts';
import { gapMatrixLines } from '../src/slack/view/gap-lines.ts';
import { utc } from '../src/slack/view/measures.ts';
import { runDetails, runLine } from '../src/slack/view/run-details.ts';

const listed = 10;

export const runs: Command = {
  name: 'runs',
  usage:
    '/runs [RUN | rule RUN DECISION TEXT | gaps [LINEAGE] | abort RUN [REASON] | publish RUN | locks | unlock RUN REASON | override-freeze RUN REASON]',
  summary:
    'lists the latest runs, shows one with its durations and waits, rules on one, shows the gaps of a lineage, aborts a run, publishes its report again, shows and breaks locks',
  async run({ text, user, channel }, control) {
    if (text === '') return latest(control);
    if (text === 'locks') return showLocks(control);
    const by: Asker = { ...user, channel };
    const [, about, rest = ''] = /^(gaps|rule)(?:\s+([\s\S]+))?$/.exec(text) ?? [];
    if (about === 'gaps') return showGaps(control, rest.trim() || null);
    if (about === 'rule') return rule(control, by, rest);
    const [, verb = '', runId, words] =
      /^(abort|publish|unlock|override-freeze)(?:\s+(\S+)(?:\s+([\s\S]+))?)?$/.exec(text) ?? [];
    const act = actions[verb];
    if (act) {
      if (runId === undefined || (act.needsReason && !words?.trim()))
        return { text: `Say which run${act.needsReason ? ', and why' : ''}: ${code(act.usage)}.` };
      return act.run(control, runId, by, words?.trim() || 'no reason given');
    }
    if (/\s/.test(text)) return { text: `I did not understand that. Type ${code(runs.usage)}.` };
    const run = await control.run(text);
    if (!run) return noSuchRun(control, text);
    return { text: runDetails(run, nothingKnown).join('\n') };
  },
};

interface Action {
  readonly usage: string;
  readonly needsReason: boolean;
  run(control: RunControl, runId: string, by: Asker, reason: string): Promise<CommandAnswer>;
}

const actions: Readonly<Record<string, Action>> = {
  abort: {
    usage: '/runs abort RUN [REASON]',
    needsReason: false,
    run: async (control, runId, by, reason) =>
      answerTo(
        control,
        runId,
        await control.abort(runId, by, reason),
        () =>
          `Run ${code(runId)} is being aborted: ${plain(reason)}. What is under way ends first; nothing new begins.`,
      ),
  },
  publish: {
    usage: '/runs publish RUN',
    needsReason: false,
    run: async (control, runId, by) =>
      answerTo(control, runId, await control.publish(runId, by), ({ published, detail }) =>
        published
          ? `:white_check_mark: The report of run ${code(runId)}: ${plain(detail)}.`
          : `:warning: The report of run ${code(runId)} was not published: ${plain(detail)}. Its verdict stands; ${code(`/runs publish ${runId}`)} tries again.`,
      ),
  },
  unlock: {
    usage: '/runs unlock RUN REASON',
    needsReason: true,
    run: async (control, runId, by, reason) =>
      answerTo(
        control,
        runId,
        await control.unlock(runId, by, reason),
        () =>
          `:unlock: The target’s lock was taken from run ${code(runId)}: ${plain(reason)}. The run ends, and its workers are refused from now on. A lock on the host itself is freed by the kernel when its holder ends; look at the host before the next run.`,
      ),
  },
  'override-freeze': {
    usage: '/runs override-freeze RUN REASON',
    needsReason: true,
    run: async (control, runId, by, reason) =>
      answerTo(
        control,
        runId,
        await control.overrideFreeze(runId, by, reason),
        () =>
          `Run ${code(runId)} may go on in a freeze: ${plain(reason)}. That is on record, and will be in its attestation.`,
      ),
  },
};

async function rule(control: RunControl, by: Asker, typed: string): Promise<CommandAnswer> {
  const read = readRuling(typed);
  if (!read)
    return {
      text: [
        `I did not understand that. Type ${code(rulingUsage)}.`,
        `${code('--partial GAP=WHY')} and ${code('--reopen GAP=WHY')} are there too; several words go in quotes: ${code('--close GAP-7="the review of May"')}.`,
      ].join('\n'),
    };
  const { runId, wish } = read;
  return answerTo(
    control,
    runId,
    await control.rule(runId, by, wish),
    () =>
      `Run ${code(runId)} is *${wish.decision}*. It is in the run’s ledger; report and thread follow, and ${code(`/runs ${runId}`)} shows it.`,
  );
}

async function showGaps(control: RunControl, lineage: string | null): Promise<CommandAnswer> {
  const views = await control.gaps(lineage);
  if (views.length === 0) {
    const known = lineage === null ? [] : (await control.gaps(null)).map((each) => code(each.lineage));
    const some = known.length > 0 ? ` There are ${known.join(', ')}.` : '';
    return {
      text: `No run of ${lineage === null ? 'any lineage' : `a lineage ${code(lineage)}`} has finished.${some}`,
    };
  }
  const lines = views.flatMap((view) => gapMatrixLines(view.lineage, view.runs, view.gaps));
  return { text: lines.join('\n') };
}

async function answerTo<T>(
  control: RunControl,
  runId: string,
  answer: Answer<T>,
  say: (value: T) => string,
): Promise<CommandAnswer> {
  if (answer.ok) return { text: say(answer.value) };
  return answer.refusal.code === 'unknown-run'
    ? noSuchRun(control, runId)
    : { text: `:no_entry: ${sentence(answer.refusal.text)}` };
}

async function latest(control: RunControl): Promise<CommandAnswer> {
  const recent = await control.recent(listed);
  if (recent.length === 0) return { text: `No run yet. ${code('/deploy')} lists the plans.` };
  return { text: ['*Latest runs*', ...recent.map(runLine), `One in full: ${code('/runs RUN')}`].join('\n') };
}

async function showLocks(control: RunControl): Promise<CommandAnswer> {
  const locks = await control.locks();
  if (locks.length === 0) return { text: 'No target is held by a run.' };
  return { text: ['*Targets that are held*', ...locks.map(lockLine)].join('\n') };
}

function lockLine({ host, livePath, runId, owner, reason, since }: HeldLock): string {
  return `:lock: ${code(livePath)} on ${code(host)}: run ${code(runId)}, ${plain(reason)}, asked for by ${plain(owner.name)}, since ${utc(since)}`;
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
