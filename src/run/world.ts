// The part of the world that an approval is bound to, as it was last seen. Pure: read from the results of gates alone.
import { digestOf } from '../evidence/digest.ts';
import type { Json } from '../plan/schema-scalars.ts';
import { type ProbeReading, readFacts } from './facts.ts';
import { factsOf, type RunState } from './state.ts';

/** What was seen of one thing. `value` is what is compared, `shown` is how people see it. */
type Seen = { value: string; shown: string };

/** By name, such as "live tree" or "probe row-counts". */
export type World = { [name: string]: Seen };

/** As the drift gate saw it, or else as the gates before the approval did. */
export function worldOf(run: RunState): World {
  const facts = factsOf(run);
  const drift = readFacts('drift', ownFacts(run, 'drift'));
  const { liveTree: promoted } = readFacts('promote', facts['promote']);
  const { liveTree: staged } = readFacts('stage', facts['stage']);
  const live = drift.liveTree ?? (run.operation === 'rollback' ? promoted : staged);
  const head = drift.branchHead ?? readFacts('artifact', ownFacts(run, 'artifact')).commit;
  const probes = drift.probes ?? readFacts('precheck', ownFacts(run, 'precheck')).probes ?? [];
  return {
    ...(live ? { 'live tree': { value: live.digest, shown: live.digest } } : {}),
    ...(head ? { [`branch ${run.plan.source.branch}`]: { value: head, shown: head } } : {}),
    ...Object.fromEntries(probes.map((probe) => [`probe ${probe.id}`, seenOf(probe)])),
  };
}

function seenOf({ value, shown }: ProbeReading): Seen {
  return { value: digestOf(value), shown };
}

/** Of this run, not of the one that it verifies or rolls back. */
function ownFacts({ gates }: RunState, kind: string): Json | undefined {
  return gates.find(({ gate }) => gate.kind === kind)?.result?.facts;
}
