// What a run is called: a plan that only looks is run, and deploys nothing. Pure.
import { mutatingKinds } from '../plan/gate-traits.ts';
import type { RunState } from '../run/state.ts';

/** Whether the run has a gate that makes or changes something, whatever became of it. */
export function changesAnything({ gates }: Pick<RunState, 'gates'>): boolean {
  return gates.some(({ gate }) => mutatingKinds.has(gate.kind));
}

export function sayOperation(run: Pick<RunState, 'gates' | 'operation'>): string {
  return run.operation === 'deploy' && !changesAnything(run) ? 'run' : run.operation;
}
