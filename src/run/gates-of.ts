// Which gates a run has, by its operation.
import type { Plan, PlanGate } from '../plan/schema.ts';
import type { Operation } from './events.ts';

/**
 * A deploy runs the plan's gates; when one fails after promote, the run state gains a rollback gate before the report.
 * Verify and rollback derive theirs from the plan, on the roles of the gates that they repeat. A LIVE run looks once more,
 * between the approval and what it permits, whether everything is still as it was shown.
 */
export function gatesOf(plan: Plan, operation: Operation, mode: Plan['mode']): PlanGate[] {
  const like = (kind: PlanGate['kind'], gate: Pick<PlanGate, 'id' | 'kind' | 'title'>): PlanGate => {
    const planned = plan.gates.find((each) => each.kind === kind);
    return { ...gate, role: planned?.role ?? 'ssot', timeoutSeconds: planned?.timeoutSeconds ?? 1800 };
  };
  const drift = (id: string): PlanGate[] =>
    mode === 'LIVE'
      ? [like('promote', { id, kind: 'drift', title: 'everything still as it was shown' })]
      : [];
  const report = (id: string): PlanGate => ({
    ...like('report', { id, kind: 'report', title: 'report and attestation' }),
    role: 'control',
  });
  switch (operation) {
    case 'deploy':
      return plan.gates.flatMap((gate) => {
        if (gate.kind === 'promote') return [...drift(gate.id), gate];
        // The report is signed, and the private key lives in the control plane alone.
        return gate.kind === 'report' ? [{ ...gate, role: 'control' }] : [gate];
      });
    case 'verify':
      return [
        like('prove', { id: 'V0', kind: 'verify', title: 'deployed tree, tests, proofs and probes' }),
        report('V1'),
      ];
    case 'rollback':
      return [
        like('rollback-readiness', { id: 'R0', kind: 'rollback-readiness', title: 'anchor intact' }),
        ...drift('R1'),
        like('promote', { id: 'R1', kind: 'rollback', title: 'exchange back to the anchor' }),
        report('R2'),
      ];
  }
}

/** The gate that a failed deploy gains: the way back, on the role that promoted. */
export function rollbackGate(plan: Plan): PlanGate {
  const promote = plan.gates.find((gate) => gate.kind === 'promote');
  return {
    id: 'RB',
    kind: 'rollback',
    title: 'automatic rollback',
    role: promote?.role ?? 'ssot',
    timeoutSeconds: promote?.timeoutSeconds ?? 1800,
  };
}
