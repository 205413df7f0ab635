// The job that carries a gate to its worker, before it is signed. Pure.
import { requiredOf } from '../gaps/requirements.ts';
import type { UnsignedJob } from '../gate/job.ts';
import { changesTarget } from '../plan/gate-traits.ts';
import { keyOf, type PlanGate } from '../plan/schema-gates.ts';
import { authorizationTime } from './authorization-time.ts';
import { factsFor } from './facts-for.ts';
import type { GateState, RunState } from './state.ts';

/**
 * The authorizations of all attempts that this run has made on the target. One that no worker has begun with, since its job was
 * taken off the queue or lost, must not be begun with after the run has looked.
 */
function revokedBy({ gates }: RunState, look: PlanGate): NonNullable<UnsignedJob['revokes']> {
  return gates
    .filter(({ gate }) => changesTarget(gate.kind) && gate.target === look.target)
    .flatMap(({ gate, earlier, nonce, queuedAt }) =>
      [...earlier, { nonce, queuedAt }].flatMap((attempt) =>
        attempt.nonce && attempt.queuedAt
          ? [{ nonce: attempt.nonce, notAfter: authorizationTime(gate, attempt.queuedAt).notAfter }]
          : [],
      ),
    );
}

/** The job as it is asked for. The same while the gate is queued, so that its answer can be held against it. */
export function unsignedJob(run: RunState, { gate, attempt }: GateState): UnsignedJob {
  const { runId, plan, planDigest, mode, operation, control, requestedAt, subjectRun, anchors } = run;
  const anchor = anchors.find(({ target }) => target === (gate.target ?? null));
  return {
    run: runId,
    gate: keyOf(gate),
    definition: gate,
    attempt,
    operation,
    mode,
    plan,
    planDigest,
    facts: factsFor(run, gate),
    control,
    lineage: requiredOf(run),
    requestedAt,
    subjectRun,
    ...(anchor ? { anchor } : {}),
    ...(gate.kind === 'observe-live' ? { revokes: revokedBy(run, gate) } : {}),
  };
}
