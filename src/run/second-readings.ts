// The gate that read the probes a second time: what later readers hold against the first snapshot. Pure.
import { secondReadingKinds } from '../plan/gate-traits.ts';
import { readFacts } from './facts.ts';
import type { ProbeDifference } from './readings.ts';
import type { GateState, RunState } from './state.ts';

/** The last of them that has a result, or else the last that the run has. */
export function lastLook({ gates }: Pick<RunState, 'gates'>): GateState | undefined {
  const looks = gates.filter(({ gate }) => secondReadingKinds.has(gate.kind));
  return looks.findLast(({ result }) => result !== null) ?? looks.at(-1);
}

/** Undefined when no probe was read a second time. */
export function secondReadings(run: Pick<RunState, 'gates'>): readonly ProbeDifference[] | undefined {
  return readFacts('probes', lastLook(run)?.result?.facts).probes;
}
