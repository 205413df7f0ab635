// What to do once a run has ended, as its report says it.
import { type Advice, adviseNext, partsOf } from '../../report/advise-next.ts';
import type { RunState } from '../../run/state.ts';
import { code, plain } from './escape.ts';
import { isHeld } from './hold.ts';

/** Of a run that people must decide on, src/slack/view/hold.ts says these. */
const saidOfHeld: ReadonlySet<string> = new Set(['roll-back', 'look-again']);

/** Lines of mrkdwn; none before the run has ended. */
export function nextLines(run: RunState): string[] {
  const { finished, plan } = run;
  if (!finished) return [];
  const { mend, advice, planned } = adviseNext(run, finished.verdict);
  const { next, then, later, routeTo } = plan.next;
  const own = [next, ...(then ? [`Then: ${then}`] : []), ...(later ? [`Later: ${later}`] : [])].map(plain);
  return [
    `Routed to: ${plain(routeTo)}`,
    ...(mend ? ['Mend what stopped this run first.'] : []),
    ...advice.filter(({ id }) => !isHeld(run) || !saidOfHeld.has(id)).map(adviceLine),
    ...(planned === 'now' ? own : []),
    ...(planned === 'later' ? [`*After a run that passes*: ${own.join(' ')}`] : []),
  ];
}

function adviceLine(advice: Advice): string {
  const { words, text } = partsOf(advice);
  return `• ${plain(words)}${text === null ? '' : ` ${code(text)}`}`;
}
