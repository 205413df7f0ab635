// The job that carries a gate to its worker, before it is signed. Pure.
import { requiredOf } from '../gaps/requirements.ts';
import type { UnsignedJob } from '../gate/job.ts';
import { keyOf, type PlanGate } from '../plan/schema-gates.ts';
import { attemptsOf } from './attempts-of.ts';
import { factsFor } from './facts-for.ts';
import type { GateState, RunState } from './state.ts';

const revoking: ReadonlySet<PlanGate['kind']> = new Set(['observe-live', 'rollback']);

/** A look takes those of its own run away; a way back that was asked for those of the run that it takes back, too. */
function revokedBy(run: RunState, gate: PlanGate): NonNullable<UnsignedJob['revokes']> {
  const own = gate.kind === 'observe-live' ? attemptsOf(run, ({ target }) => target === gate.target) : [];
  return [...run.subjectAttempts, ...own];
}

/** The job as it is asked for. The same while the gate is queued, so that its answer can be held against it. */
export function unsignedJob(run: RunState, { gate, attempt }: GateState): UnsignedJob {
  const { runId, plan, planDigest, mode, operation, control, requestedAt, subjectRun, anchors, places } = run;
  const place = places.find(({ target }) => target === (gate.target ?? null));
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
    ...(gate.kind === 'tidy' && place ? { place } : {}),
    ...(revoking.has(gate.kind) ? { revokes: revokedBy(run, gate) } : {}),
  };
}
