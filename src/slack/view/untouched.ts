// What a run did not touch, as far as anybody saw: the probes read before and after, and the journal.
import { forbiddenWords, judgeForbiddenActions } from '../../report/judge-claim.ts';
import { unchangedBecause, untouchedBecause } from '../../report/weigh-evidence.ts';
import { readFacts } from '../../run/facts.ts';
import { journalOf } from '../../run/gate-state.ts';
import type { ProbeDifference } from '../../run/readings.ts';
import { secondReadings } from '../../run/second-readings.ts';
import type { RunState } from '../../run/state.ts';
import { whereChangesLie } from './changes.ts';
import { code, plain } from './escape.ts';
import { shortGround } from './grounds.ts';
import { count } from './measures.ts';
import { ownFacts } from './own-facts.ts';
import { trimPlain } from './trim.ts';
import { statusEmoji } from './words.ts';

/** The heading claims no more than what was observed bears. */
export function untouchedHeading(run: RunState): string {
  if (judgeForbiddenActions(run).some(({ status }) => status === 'does-not-hold'))
    return 'Probes and journal';
  const second = secondReadings(run) ?? [];
  if (second.length > 0 && second.every(({ status, unseen }) => status === 'pass' && unseen === undefined))
    return 'Not touched, by probes and journal';
  return untouchedBecause(run) ? 'Not touched, by the journal' : 'Probes and journal';
}

/** Lines of mrkdwn. */
export function untouchedLines(run: RunState): string[] {
  return [...probeLines(run), ...journalLines(run), ...forbiddenLines(run)];
}

function probeLines(run: RunState): string[] {
  const second = secondReadings(run) ?? [];
  if (second.length > 0) return second.map(probeLine);
  const { probes = [] } = readFacts('precheck', ownFacts(run, 'precheck'));
  return probes.length > 0
    ? [
        `• ${count(probes.length, 'probe')} read at the start and not again: what changed since was not observed`,
      ]
    : [];
}

/** The gate shows the whole of a long reading. */
function probeLine({ title, status, reason, before, after, unseen }: ProbeDifference): string {
  if (status !== 'pass')
    return `${statusEmoji[status]} ${plain(title)}: ${plain(reason ?? 'not as expected')}`;
  if (unseen !== undefined) return `• ${plain(title)}: not evidenced, ${plain(unseen)}`;
  const shown = code(trimPlain(after ?? 'not read', 90));
  return `• ${plain(title)}: ${before === after ? `as before, ${shown}` : `${shown}, as the plan expects`}`;
}

function journalLines(run: RunState): string[] {
  const because = unchangedBecause(run);
  if (because) return [`• Interlock changed nothing: ${plain(because)}`];
  const real = journalOf(run).filter((each) => !each.simulated);
  const where = whereChangesLie(run.plan, real);
  return where ? [`• ${where}`] : [];
}

function forbiddenLines(run: RunState): string[] {
  const judged = judgeForbiddenActions(run);
  if (judged.length === 0) return [];
  const of = (status: (typeof judged)[number]['status']) => judged.filter((each) => each.status === status);
  const silent = of('not-evidenced');
  const named = silent.length > 0 ? `, ${silent.length} ${forbiddenWords['not-evidenced']}` : '';
  return [
    `• Forbidden actions: ${of('holds').length} of ${judged.length} ${forbiddenWords.holds}${named}${
      silent.length > 0 && silent.length <= 3
        ? ` (${silent.map(({ title }) => plain(title)).join('; ')})`
        : ''
    }`,
    ...of('does-not-hold').map(
      ({ title, restsOn }) =>
        `:x: ${plain(title)}: ${forbiddenWords['does-not-hold']} (${plain(restsOn.map(shortGround).join('; '))})`,
    ),
  ];
}
