// How a gate is called. Two gates may share a label, as stage and promote are both G5; then the kind tells them apart.
import type { Plan } from '../../plan/schema.ts';
import { keyOf, type PlanGate } from '../../plan/schema-gates.ts';
import type { RunState } from '../../run/state.ts';
import { plain } from './escape.ts';

/** Plain text, not escaped: `G3`, or `G5 stage` where another gate of the plan is a G5 too. */
export function gateLabel({ plan, gates }: GatesOf, { id, kind, name }: PlanGate): string {
  const all = [...plan.gates, ...gates.map(({ gate }) => gate)];
  const key = name ?? kind;
  return all.some((each) => each.id === id && keyOf(each) !== key) ? `${id} ${key}` : id;
}

/** mrkdwn: `*G3* tests and security`, `*G5 stage* on the host`, `*G5 promote*`. */
export function gateName(run: GatesOf, gate: PlanGate): string {
  const { label, rest } = partsOf(run, gate);
  return `*${plain(label)}*${rest === '' ? '' : ` ${plain(rest)}`}`;
}

/** mrkdwn for the head of a message: `*G3 · tests and security*`, `*G5 stage on the host*`, `*G5 promote*`. */
export function gateHeading(run: GatesOf, gate: PlanGate): string {
  const { label, rest } = partsOf(run, gate);
  const joint = rest === '' ? '' : rest === gate.title ? ' · ' : ' ';
  return `*${plain(label)}${joint}${plain(rest)}*`;
}

interface GatesOf extends Pick<RunState, 'gates'> {
  readonly plan: Pick<Plan, 'gates'>;
}

/** A title that begins with the kind does not say it again after a label that does. */
function partsOf(run: GatesOf, gate: PlanGate): { label: string; rest: string } {
  const label = gateLabel(run, gate);
  const isSaid = label !== gate.id && gate.title.toLowerCase().split(' ', 1)[0] === gate.kind;
  return { label, rest: isSaid ? gate.title.slice(gate.kind.length).trim() : gate.title };
}
