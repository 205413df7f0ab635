// A run's verdict, from its gates and from nothing else.
import type { GateStatus, Reason } from './gate-result.ts';

export type Verdict = 'PASS' | 'PARTIAL' | 'FAILED' | 'BLOCKED' | 'INCONCLUSIVE' | 'DRYRUN';

export interface JudgedGate {
  readonly status: GateStatus;
  readonly reason: Reason | null;
}

const gravest = ['fail', 'inconclusive', 'blocked', 'not-run', 'partial'] as const;

/**
 * PASS needs every gate to be `pass`; a gate that did not run is never a pass. Otherwise the gravest status decides:
 * fail > inconclusive > blocked > not-run > partial. A run without gates proves nothing and is INCONCLUSIVE.
 * A DRYRUN never reads as PASS: at its best it is DRYRUN, which says that nothing was tried for real.
 */
export function verdictOf(
  mode: 'LIVE' | 'DRYRUN',
  gates: readonly JudgedGate[],
): { verdict: Verdict; reason: Reason | null } {
  if (gates.length === 0) {
    return {
      verdict: 'INCONCLUSIVE',
      reason: { code: 'no-gates', text: 'The run has no gate, so nothing was proved.' },
    };
  }
  for (const status of gravest) {
    const gate = gates.find(
      (each) => each.status === status && !(mode === 'DRYRUN' && each.reason?.code === 'dryrun'),
    );
    if (gate) return { verdict: verdictFor[status], reason: gate.reason };
  }
  return mode === 'LIVE'
    ? { verdict: 'PASS', reason: null }
    : {
        verdict: 'DRYRUN',
        reason: { code: 'dryrun', text: 'Every mutation was simulated; nothing went live.' },
      };
}

const verdictFor = {
  fail: 'FAILED',
  inconclusive: 'INCONCLUSIVE',
  blocked: 'BLOCKED',
  'not-run': 'BLOCKED',
  partial: 'PARTIAL',
} as const satisfies Record<(typeof gravest)[number], Verdict>;
