// Sections 8 and 9: what follows, and where the run is handed over. Pure.
import { labelOf, standingsOf, unseenBecause } from '../../run/standing.ts';
import type { RunState } from '../../run/state.ts';
import { type Advice, adviseNext, partsOf } from '../advise-next.ts';
import type { Conclusion } from '../conclude-run.ts';
import { bullets, code, keyValues, prose, sentence } from '../markdown.ts';
import { whereThingsStand } from '../where-things-stand.ts';

export function describeNext(run: RunState, conclusion: Conclusion): string {
  const { mend, advice, planned } = adviseNext(run, conclusion.verdict);
  return [
    ...(mend ? [`First mend the reason of this stop: ${reasonOf(conclusion)}`] : []),
    ...(advice.length > 0 ? [bullets(advice.map(adviceLine))] : []),
    ...(planned === 'later' ? ['What the plan has after a run that passes waits until then:'] : []),
    ...(planned === 'no' ? [] : [plannedNext(run)]),
    ...(advice.length === 0 && planned === 'no' ? ['Nothing follows by itself.'] : []),
  ].join('\n\n');
}

/** Markdown: why the run is not a PASS, as one sentence. */
export function reasonOf({ stop, reason }: Conclusion): string {
  return sentence(prose((stop?.reason ?? reason)?.text ?? 'see section 2 of the final document'));
}

/** Markdown: the words, and what is typed. */
export function adviceLine(advice: Advice): string {
  const { words, text } = partsOf(advice);
  return text === null ? prose(words) : `${prose(words)} ${code(text)}`;
}

function plannedNext({ plan: { next: own } }: RunState): string {
  const { next, then, later } = own;
  return bullets([
    `next: ${prose(next)}`,
    ...(then ? [`then: ${prose(then)}`] : []),
    ...(later ? [`later: ${prose(later)}`] : []),
  ]);
}

export function describeStop(run: RunState, { verdict, outcome }: Conclusion): string {
  const { repository } = whereThingsStand(run);
  const lives = standingsOf(run).map((each) => {
    const label = labelOf(run, each.name);
    const isUnseen = unseenBecause(run, each) !== null;
    return [
      label ? `live_path ${label}` : 'live_path',
      isUnseen ? 'unchanged by any gate, not looked at again' : each.live,
    ] as const;
  });
  return keyValues([
    ['verdict', verdict],
    ['final_outcome', outcome],
    ...(lives.length > 0 ? lives : [['live_path', 'unchanged'] as const]),
    ...(run.operation === 'deploy' ? [['repository', repository] as const] : []),
    ['approval', run.approval?.status ?? 'not asked for'],
    ['next_action', `STOP, routed to ${run.plan.next.routeTo}`],
  ]);
}
