// Whether a host still has, beside a live path, what a run staged there and did not make live. Pure.
import { hasDone } from '../run/gate-state.ts';
import { standingsOf } from '../run/standing.ts';
import type { RunState } from '../run/state.ts';

/** By the journals of its stage gates: an attempt of the same run alone removes what an earlier one unpacked. */
export function leavesStaged(run: RunState): boolean {
  const unchanged = new Set(
    standingsOf(run)
      .filter(({ live }) => live === 'unchanged')
      .map(({ name }) => name),
  );
  return run.gates.some(
    (state) =>
      state.gate.kind === 'stage' &&
      unchanged.has(state.gate.target ?? null) &&
      hasDone(state, 'host.unpack'),
  );
}
