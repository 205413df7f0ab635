// Whether a claim of the plan holds for a run, and what it rests on. Pure.
import { sayAct, sayUnread, sayWholeAct } from '../plan/say-act.ts';
import type { PlanClaim, PlanForbidden } from '../plan/schema.ts';
import type { RunState } from '../run/state.ts';
import { type Finding, saysReadings, untouchedBecause, weighEvidence } from './weigh-evidence.ts';

export interface Judgement {
  readonly status: 'holds' | 'does-not-hold' | 'not-evidenced';
  /** For `holds` what supports it, for `does-not-hold` what contradicts it; empty for `not-evidenced`. */
  readonly restsOn: readonly string[];
  /** For `not-evidenced` what is missing. */
  readonly missing: readonly string[];
  /** For `does-not-hold` what supports it all the same: a reader weighs both. Stands in documents, not in the signed claim. */
  readonly supports?: readonly string[];
}

export interface JudgedClaim extends Judgement {
  readonly id: string;
  readonly title: string;
}

/** How a forbidden action is spoken of, in the report and in the attestation. */
export const forbiddenWords = {
  holds: 'not done',
  'does-not-hold': 'contradicted',
  'not-evidenced': 'not evidenced',
} as const satisfies Record<Judgement['status'], string>;

/**
 * A claim holds when all of its evidence supports it, and does not hold when any contradicts it. Anything that is missing leaves
 * it not evidenced, as does an empty list.
 */
export function judgeClaim(claim: PlanClaim, run: RunState): Judgement {
  return judge(claim.evidence.map((ref) => weighEvidence(ref, run)));
}

/**
 * The claim that a forbidden action was not done by this run. As `judgeClaim`, but where the run cannot have changed anything, the
 * journal stands in for a probe's second reading: there was nothing that it could have noticed.
 */
export function judgeForbidden(claim: PlanForbidden, run: RunState): Judgement {
  const untouched = untouchedBecause(run);
  const found = claim.evidence.map((ref) => weighEvidence(ref, run));
  const stoodIn = (finding: Finding) => untouched !== null && isUnread(finding);
  const judged = judge(
    found.map((finding) =>
      stoodIn(finding) ? { source: 'journal', bearing: 'supports', text: `journal: ${untouched}` } : finding,
    ),
  );
  const { act } = claim;
  if (judged.status !== 'holds' || act === undefined) return judged;
  // The title is the author's; this is what was looked for, in words of ours.
  const { plan, limitsSaid } = run;
  const says = limitsSaid ? sayAct(plan, claim) : sayWholeAct(plan, claim);
  const said = saysReadings(run) && found.some(stoodIn) ? sayUnread(act) : says;
  return { ...judged, restsOn: [`act ${act}: ${said}`, ...judged.restsOn] };
}

export function judgePassCriteria(run: RunState): JudgedClaim[] {
  return run.plan.passCriteria.map((claim) => ({
    id: claim.id,
    title: claim.title,
    ...judgeClaim(claim, run),
  }));
}

export function judgeForbiddenActions(run: RunState): JudgedClaim[] {
  return run.plan.forbiddenActions.map((claim) => ({
    id: claim.id,
    title: claim.title,
    ...judgeForbidden(claim, run),
  }));
}

function judge(findings: readonly Finding[]): Judgement {
  const texts = (bearing: Finding['bearing']) => [
    ...new Set(findings.filter((each) => each.bearing === bearing).map(({ text }) => text)),
  ];
  const against = texts('contradicts');
  if (against.length > 0)
    return { status: 'does-not-hold', restsOn: against, missing: [], supports: texts('supports') };
  if (findings.length === 0)
    return {
      status: 'not-evidenced',
      restsOn: [],
      missing: ['the plan names no evidence for it'],
    };
  const missing = texts('silent');
  return missing.length > 0
    ? { status: 'not-evidenced', restsOn: [], missing }
    : { status: 'holds', restsOn: texts('supports'), missing: [] };
}

/** A probe that could have seen something, and was not read a second time. */
function isUnread({ source, bearing, unseen }: Finding): boolean {
  return source === 'probe' && bearing === 'silent' && !unseen;
}
