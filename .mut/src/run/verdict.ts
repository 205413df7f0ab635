// A run's verdict, from its gates and from nothing else.
import type { PlanGate } from '../plan/schema-gates.ts';
import type { GateStatus, Reason } from './gate-result.ts';

export type Verdict = 'PASS' | 'PARTIAL' | 'FAILED' | 'BLOCKED' | 'INCONCLUSIVE' | 'DRYRUN';

export interface JudgedGate {
  /** Its kind, where it has one: what is live decides whether a stop may be called blocked. */
  readonly kind?: string;
  /** It only reads, and may run after a stop. */
  readonly supplementary?: boolean;
  readonly status: GateStatus;
  readonly reason: Reason | null;
}

/** A gate of a plan as its verdict sees it. */
export function asJudged(
  { kind, supplementary }: Pick<PlanGate, 'kind' | 'supplementary'>,
  status: GateStatus,
  reason: Reason | null,
): JudgedGate {
  return { kind, supplementary, status, reason };
}

const gravest = ['fail', 'inconclusive', 'blocked', 'not-run', 'partial'] as const;

/**
 * PASS needs every gate to be `pass`; a gate that did not run is never a pass. Otherwise the gravest status decides:
 * fail > inconclusive > blocked > not-run > partial; a stop over a candidate that stays live is INCONCLUSIVE, not BLOCKED. A
 * run without gates proves nothing and is INCONCLUSIVE.
 * Supplementary gates never make an ending better, and a PASS over one that does not hold is PARTIAL.
 * A DRYRUN never reads as PASS: at its best it is DRYRUN, which says that nothing was tried for real.
 */
export function verdictOf(
  mode: 'LIVE' | 'DRYRUN',
  gates: readonly JudgedGate[],
): { verdict: Verdict; reason: Reason | null } {
  if (!gates.some(({ supplementary }) => !supplementary)) {
    return {
      verdict: 'INCONCLUSIVE',
      reason: { code: 'no-gates', text: 'The run has no gate, so nothing was proved.' },
    };
  }
  const required = gates.filter(({ supplementary }) => !supplementary);
  const { verdict, reason } = judgeRequired(mode, required);
  const doubtful = gates.find(
    ({ supplementary, status }) => supplementary && status !== 'pass' && status !== 'not-run',
  );
  return verdict === 'PASS' && doubtful
    ? { verdict: 'PARTIAL', reason: doubtful.reason }
    : { verdict, reason };
}

function judgeRequired(
  mode: 'LIVE' | 'DRYRUN',
  gates: readonly JudgedGate[],
): { verdict: Verdict; reason: Reason | null } {
  for (const status of gravest) {
    const gate = gates.find(
      (each) => each.status === status && !(mode === 'DRYRUN' && each.reason?.code === 'dryrun'),
    );
    if (gate) return { verdict: softened(verdictFor[status], gates), reason: gate.reason };
  }
  return mode === 'LIVE'
    ? { verdict: 'PASS', reason: null }
    : {
        verdict: 'DRYRUN',
        reason: { code: 'dryrun', text: 'Every mutation was simulated; nothing went live.' },
      };
}

/** Blocked says that nothing was tried. It may not stand over a candidate that went live and was not brought back. */
function softened(verdict: Verdict, gates: readonly JudgedGate[]): Verdict {
  const passed = (kind: string) =>
    gates.filter((gate) => gate.kind === kind && gate.status === 'pass').length;
  return verdict === 'BLOCKED' && passed('promote') > passed('rollback') ? 'INCONCLUSIVE' : verdict;
}

const verdictFor = {
  fail: 'FAILED',
  inconclusive: 'INCONCLUSIVE',
  blocked: 'BLOCKED',
  'not-run': 'BLOCKED',
  partial: 'PARTIAL',
} as const satisfies Record<(typeof gravest)[number], Verdict>;
