// A gate's parameters, by its kind.
import type { GateOf } from '../plan/schema-gates.ts';
import type { GateContext } from './context.ts';

type Parameterised = 'host-survey' | 'command-proof' | 'database-proof' | 'decide' | 'gap-review';

/** Throws a RangeError when the gate is of another kind: whoever dispatches by kind never meets it. */
export function parametersOf<K extends Parameterised>(
  { gate }: Pick<GateContext, 'gate'>,
  kind: K,
): GateOf<K>['with'] {
  if (gate.kind !== kind || !('with' in gate))
    throw new RangeError(`expected a gate of kind ${kind}, got ${gate.kind}`);
  return gate.with as GateOf<K>['with'];
}
