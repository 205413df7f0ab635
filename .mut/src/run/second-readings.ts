// The gate that read the probes a second time: what later readers hold against the first snapshot. Pure.
import { secondReadingKinds } from '../plan/gate-traits.ts';
import { readFacts } from './facts.ts';
import type { ProbeDifference } from './readings.ts';
import type { GateState, RunState } from './state.ts';

/**
 * The last that has a result, or else the last that the run has. What was read before something went live says nothing of what
 * came after, and a look that did not pass is not made good by a later one.
 */
export function lastLook({ gates }: Pick<RunState, 'gates'>): GateState | undefined {
  const began = (kind: string) =>
    gates.findLastIndex(({ gate, attempt }) => gate.kind === kind && attempt > 0);
  const changed = began('promote') === -1 ? began('rollback') : began('promote');
  const looks = gates.filter(({ gate }, index) => index > changed && secondReadingKinds.has(gate.kind));
  const read = looks.filter(({ result }) => result !== null);
  return read.findLast(({ status }) => status !== 'pass') ?? read.at(-1) ?? looks.at(-1);
}

/** Undefined when no probe was read a second time. */
export function secondReadings(run: Pick<RunState, 'gates'>): readonly ProbeDifference[] | undefined {
  return readFacts('probes', lastLook(run)?.result?.facts).probes;
}
