// Whether a claim of the plan holds for a run, and what it rests on. Pure.
import type { PlanClaim } from '../plan/schema.ts';
import type { RunState } from '../run/state.ts';
import { type Finding, neverTouched, weighEvidence } from './weigh-evidence.ts';

export interface Judgement {
  readonly status: 'holds' | 'does-not-hold' | 'not-evidenced';
  /** For `holds` what supports it, for `does-not-hold` what contradicts it; empty for `not-evidenced`. */
  readonly restsOn: readonly string[];
  /** For `not-evidenced` what is missing. */
  readonly missing: readonly string[];
}

export interface JudgedClaim extends Judgement {
  readonly id: string;
  readonly title: string;
}

/**
 * A claim holds when all of its evidence supports it, and does not hold when any contradicts it. One thing is not asked for:
 * a probe's second reading in a run that never started a gate that changes anything, as long as something else supports the
 * claim. Whatever else is missing leaves the claim not evidenced, as does an empty list.
 */
export function judgeClaim(claim: PlanClaim, run: RunState): Judgement {
  const findings = claim.evidence.map((ref) => weighEvidence(ref, run));
  const texts = (bearing: Finding['bearing']) =>
    findings.filter((each) => each.bearing === bearing).map(({ text }) => text);
  const against = texts('contradicts');
  if (against.length > 0) return { status: 'does-not-hold', restsOn: against, missing: [] };
  const needed = findings.filter(
    ({ source, bearing }) => bearing === 'silent' && !(source === 'probe' && neverTouched(run)),
  );
  const supporting = texts('supports');
  if (supporting.length > 0 && needed.length === 0)
    return { status: 'holds', restsOn: supporting, missing: [] };
  const missing = findings.length === 0 ? ['the plan names no evidence for it'] : texts('silent');
  return { status: 'not-evidenced', restsOn: [], missing };
}

export function judgeClaims(claims: readonly PlanClaim[], run: RunState): JudgedClaim[] {
  return claims.map((claim) => ({ id: claim.id, title: claim.title, ...judgeClaim(claim, run) }));
}
