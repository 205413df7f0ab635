// Facts of this run's own gates: a verification or a rollback is handed those of the run before too, which it did not find.
import type { GateKind } from '../../plan/schema-gates.ts';
import type { GateResult } from '../../run/gate-result.ts';
import type { RunState } from '../../run/state.ts';

/** Undefined when the gate is not in the run, or left no result. */
export function ownFacts(
  { gates }: Pick<RunState, 'gates'>,
  kind: GateKind,
): GateResult['facts'] | undefined {
  return gates.find(({ gate }) => gate.kind === kind)?.result?.facts;
}
