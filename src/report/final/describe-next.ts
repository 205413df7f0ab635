// Sections 8 and 9: what follows, and where the run is handed over. Pure.
import { labelOf, standingsOf } from '../../run/standing.ts';
import type { RunState } from '../../run/state.ts';
import type { Conclusion } from '../conclude-run.ts';
import { code, keyValues, prose, sentence } from '../markdown.ts';
import { whereThingsStand } from '../where-things-stand.ts';

export function describeNext(run: RunState, { verdict, stop, reason }: Conclusion): string {
  const { next, then, later } = run.plan.next;
  const planned = [
    `- next: ${prose(next)}`,
    ...(then ? [`- then: ${prose(then)}`] : []),
    ...(later ? [`- later: ${prose(later)}`] : []),
  ].join('\n');
  if (verdict === 'PASS') return planned;
  const why = stop?.reason ?? reason;
  const again =
    run.operation === 'deploy'
      ? `Then start it anew: ${code(`/deploy ${run.plan.name}`)}.`
      : `Then ask for the ${run.operation} again.`;
  return [
    `First mend the reason of this stop: ${sentence(prose(why?.text ?? 'see section 2'))} ${again}`,
    'What the plan has after a run that passes waits until then:',
    planned,
  ].join('\n\n');
}

export function describeStop(run: RunState, { verdict, outcome }: Conclusion): string {
  const { repository } = whereThingsStand(run);
  const lives = standingsOf(run).map(({ name, live }) => {
    const label = labelOf(run, name);
    return [label ? `live_path ${label}` : 'live_path', live] as const;
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
