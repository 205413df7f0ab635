// What the consents of a run are asked for. Pure. One run asks for one thing: its plan has either a decision by people or a
// change that goes live (src/plan/check-decisions.ts).
import type { GateOf } from '../plan/schema-gates.ts';
import type { RunState } from './state.ts';

/** The decision that the approvers are asked for, or null when it is a change. */
export function decisionAskedFor({ gates }: Pick<RunState, 'gates'>): GateOf<'decide'> | null {
  const asked = gates.find(
    ({ gate }) =>
      gate.kind === 'promote' ||
      gate.kind === 'rollback' ||
      (gate.kind === 'decide' && gate.with.by === 'people'),
  )?.gate;
  return asked?.kind === 'decide' ? asked : null;
}
