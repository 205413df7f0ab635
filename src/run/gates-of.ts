// Which gates a run has, by its operation.
import type { Plan, PlanGate } from '../plan/schema.ts';
import type { Operation } from './events.ts';

/**
 * A deploy runs the plan's gates; when one fails after promote, the run state gains a rollback gate before the report.
 * Verify and rollback derive theirs from the plan, on the roles of the gates that they repeat.
 */
export function gatesOf(plan: Plan, operation: Operation): PlanGate[] {
  const role = (kind: PlanGate['kind']) => plan.gates.find((gate) => gate.kind === kind)?.role ?? 'ssot';
  const seconds = (kind: PlanGate['kind']) =>
    plan.gates.find((gate) => gate.kind === kind)?.timeoutSeconds ?? 1800;
  const report = (id: string): PlanGate => ({
    id,
    kind: 'report',
    title: 'report and attestation',
    role: 'control',
    timeoutSeconds: seconds('report'),
  });
  switch (operation) {
    case 'deploy':
      // The report is signed, and the private key lives in the control plane alone.
      return plan.gates.map((gate) => (gate.kind === 'report' ? { ...gate, role: 'control' } : gate));
    case 'verify':
      return [
        {
          id: 'V0',
          kind: 'verify',
          title: 'deployed tree, tests, proofs and probes',
          role: role('prove'),
          timeoutSeconds: seconds('prove'),
        },
        report('V1'),
      ];
    case 'rollback':
      return [
        {
          id: 'R0',
          kind: 'rollback-readiness',
          title: 'anchor intact',
          role: role('rollback-readiness'),
          timeoutSeconds: seconds('rollback-readiness'),
        },
        {
          id: 'R1',
          kind: 'rollback',
          title: 'exchange back to the anchor',
          role: role('promote'),
          timeoutSeconds: seconds('promote'),
        },
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
