// Whether a run found that there is a gap. Pure.
import type { EvidenceRef } from '../plan/schema-evidence.ts';
import { keyOf } from '../plan/schema-gates.ts';
import { weighEvidence } from '../report/weigh-evidence.ts';
import type { RunState } from '../run/state.ts';

/** What shows it: evidence that contradicts, and a criterion that does not hold, whatever its gate makes of that. */
export function foundBy(ref: EvidenceRef, run: RunState): string[] {
  if (!('check' in ref)) {
    const { bearing, text } = weighEvidence(ref, run);
    return bearing === 'contradicts' ? [text] : [];
  }
  const [key = '', id = ''] = ref.check.split('/', 2);
  const check = run.gates
    .find(({ gate }) => keyOf(gate) === key)
    ?.result?.checks.find((each) => each.id === id);
  return check && doesNotHold.has(check.status)
    ? [`check ${ref.check}: ${check.title} (${check.actual}) is ${check.status}`]
    : [];
}

const doesNotHold: ReadonlySet<string> = new Set(['fail', 'partial', 'blocked']);
