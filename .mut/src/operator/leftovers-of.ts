// What a tidy has found, as far as it is. Pure.
import { tidyFactsSchema } from '../run/facts-of-tidy.ts';
import type { RunState } from '../run/state.ts';
import type { Value } from './protocol.ts';

export function leftoversOf(run: RunState): Value<'leftovers'> {
  const gates = run.gates.filter(({ gate }) => gate.kind === 'tidy');
  return {
    run: run.runId,
    // A gate that was cut off is tried again, until the run has ended.
    done:
      run.finished !== null ||
      gates.every(
        ({ status, result }) => status === 'pass' || tidyFactsSchema.safeParse(result?.facts).success,
      ),
    places: gates.map(({ status, reason, result }) => ({
      status,
      reason: reason?.text ?? null,
      facts: tidyFactsSchema.safeParse(result?.facts).data ?? null,
    })),
  };
}
