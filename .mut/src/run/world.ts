// The part of the world that an approval is bound to, as it was last seen. Pure: read from the results of gates alone.
import { digestOf } from '../evidence/digest.ts';
import { keyOf, type PlanGate } from '../plan/schema-gates.ts';
import { readFacts, type Tree } from './facts.ts';
import { factsFor } from './facts-for.ts';
import type { ProbeReading } from './readings.ts';
import type { GateState, RunState } from './state.ts';

/** What was seen of one thing. `value` is what is compared, `shown` is how people see it. */
type Seen = { value: string; shown: string };

/** By name, such as "live tree" or "probe row-counts". */
export type World = { [name: string]: Seen };

/** As the drift gates saw it, or else as the gates before the approval did. */
export function worldOf(run: RunState): World {
  const looks = run.gates.filter(({ gate }) => gate.kind === 'drift');
  return Object.assign({}, ...looks.map((look) => seenBy(run, look)));
}

function seenBy(run: RunState, { gate, result }: GateState): World {
  const facts = factsFor(run, gate);
  const drift = readFacts('drift', result?.facts);
  const isBack = run.operation === 'rollback';
  const live = drift.liveTree === undefined ? liveBefore(facts, isBack) : drift.liveTree;
  const head = isBack ? null : (drift.branchHead ?? readFacts('artifact', facts['artifact']).commit);
  const probes = isBack ? [] : (drift.probes ?? readFacts('precheck', facts['precheck']).probes ?? []);
  return {
    ...(live === undefined
      ? {}
      : { [`live tree${ofTarget(gate)}`]: { value: live?.digest ?? absent, shown: live?.digest ?? absent } }),
    ...(head && run.plan.source
      ? { [`branch ${run.plan.source.branch}`]: { value: head, shown: head } }
      : {}),
    ...Object.fromEntries(probes.map((probe) => [`probe ${probe.id}`, seenOf(probe)])),
  };
}

/** What stands at a live path where nothing does. */
const absent = 'absent';

/** Before the drift gate has looked: as staging saw it, and on the way back what that run had put there. */
function liveBefore(
  facts: ReturnType<typeof factsFor>,
  isBack: boolean,
): Pick<Tree, 'digest'> | null | undefined {
  const { liveTree, stagedTree } = readFacts('stage', facts['stage']);
  if (!isBack) return liveTree;
  const { position, anchor } = readFacts('rollback-readiness', facts['rollback-readiness']);
  return position === 'before' ? anchor : (readFacts('promote', facts['promote']).liveTree ?? stagedTree);
}

function ofTarget(gate: PlanGate): string {
  return keyOf(gate) === 'drift' ? '' : ` of ${gate.target ?? 'target'}`;
}

function seenOf({ value, shown }: ProbeReading): Seen {
  return { value: digestOf(value), shown };
}
