// The authorizations that a run has given to gates that change a live path. Pure.
import { changesTarget } from '../plan/gate-traits.ts';
import { keyOf, type PlanGate } from '../plan/schema-gates.ts';
import { authorizationTime, nonceOf } from './authorization-time.ts';
import type { RunState } from './state.ts';

export interface Given {
  readonly nonce: string;
  /** RFC 3339, UTC. */
  readonly notAfter: string;
}

/**
 * Of every attempt, begun or not. One that no worker has begun with, since its job was taken off the queue or lost, must not be
 * begun with after somebody has looked.
 */
export function attemptsOf(
  run: Pick<RunState, 'runId' | 'gates'>,
  isMeant: (gate: PlanGate) => boolean = () => true,
): Given[] {
  return run.gates
    .filter(({ gate, attempt }) => attempt > 0 && changesTarget(gate.kind) && isMeant(gate))
    .flatMap(({ gate, earlier, attempt, nonce, queuedAt }) =>
      [...earlier, { attempt, nonce, queuedAt }].flatMap((each) =>
        each.queuedAt
          ? [
              {
                nonce: each.nonce ?? nonceOf(run.runId, keyOf(gate), each.attempt),
                notAfter: authorizationTime(gate, each.queuedAt).notAfter,
              },
            ]
          : [],
      ),
    );
}
