// What an approval stands for: everything that was shown.
import { digestOf } from '../evidence/digest.ts';
import type { Json } from '../plan/schema-scalars.ts';
import type { RunState } from './state.ts';

/** Plan, mode, operation and the results of every gate so far, each with its facts (artifact, manifest, host state, way back). */
export function approvalSubject(run: RunState): { [key: string]: Json } {
  const gates = run.gates.flatMap(({ gate, result }) =>
    result
      ? [
          {
            gate: gate.kind,
            status: result.status,
            facts: result.facts,
            checks: result.checks.map(({ id, status, actual }) => ({ id, status, actual })),
          },
        ]
      : [],
  );
  return {
    run: run.runId,
    operation: run.operation,
    mode: run.mode,
    plan: run.planDigest,
    subjectRun: run.subjectRun,
    subjectFacts: run.subjectFacts,
    gates,
  };
}

/** sha256 over the RFC 8785 form: the digest that is shown, approved, signed and verified. */
export function digestOfSubject(subject: { [key: string]: Json }): string {
  return digestOf(subject);
}
