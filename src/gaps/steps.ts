// What a finished run gives to the register of its lineage. Pure.

import { keyOf } from '../plan/schema-gates.ts';
import { concludeRun } from '../report/conclude-run.ts';
import { type Finding, weighEvidence } from '../report/weigh-evidence.ts';
import { stopReason } from '../run/decide.ts';
import { standingsOf } from '../run/standing.ts';
import type { RunState } from '../run/state.ts';
import type { Verdict } from '../run/verdict.ts';
import type { RulingStep } from './apply-ruling.ts';
import { foundBy } from './found-by.ts';
import type { RequiredRuling } from './schema.ts';
import type { TakesOut } from './take-out.ts';
import type { Closing, RunStep } from './transitions.ts';

/** A step with its place among those of all runs. */
export type Placed = (RunStep | RulingStep) & {
  readonly order: readonly [at: string, run: string, seq: number];
};

/** Small enough to be kept of every run. */
export interface Contribution {
  readonly run: string;
  readonly lineage: string;
  readonly plan: string;
  readonly finishedAt: string;
  /** Whether it is a run that a ruling on its plan is about: as the plan means it, not a rehearsal and not a look. */
  readonly isRuledOn: boolean;
  readonly steps: readonly Placed[];
  readonly ruling: Omit<RequiredRuling, 'plan' | 'run'> | null;
}

/** Null for a run that goes on: what it will say is not decided. */
export function contributionOf(run: RunState): Contribution | null {
  const { finished, runId, plan, mode, rulings } = run;
  if (!finished) return null;
  const last = rulings.at(-1);
  const step = runStep(run);
  return {
    run: runId,
    lineage: plan.lineage,
    plan: plan.name,
    finishedAt: finished.at,
    isRuledOn: isItsOwn(run) && mode === plan.mode,
    steps: [
      {
        ...step,
        takesOut: asRegistered(takesOutOf(run, [run.subjectRun ?? ''])),
        order: [finished.at, runId, 0],
      },
      ...rulings.map((ruling) => ({
        kind: 'ruling' as const,
        run: runId,
        at: ruling.at,
        by: ruling.by.name,
        decision: ruling.decision,
        gaps: ruling.gaps,
        order: [ruling.at, runId, ruling.seq] as const,
      })),
    ],
    ruling: last ? { decision: last.decision, by: last.by.name, at: last.at, head: last.head } : null,
  };
}

/** Whether the run goes by a plan that was written for it. */
function isItsOwn({ operation, plan }: RunState): boolean {
  return operation === 'deploy' || (operation === 'rollback' && plan.operation === 'rollback');
}

/** What the run says of gaps, by now. `isAsIf` takes it as one that will pass, as long as it still can. */
export function runStep(run: RunState, isAsIf = false): RunStep {
  const mayPass = isAsIf && stopReason(run) === null && run.rollback === null;
  const verdict = mayPass ? 'PASS' : (run.finished?.verdict ?? concludeRun(run).verdict);
  // A look and a way back go by the plan of an earlier run, whose words may be old.
  const gaps = isItsOwn(run) ? run.plan.gaps : [];
  return {
    kind: 'run',
    run: run.runId,
    at: decidedAt(run),
    closesNothing: whyNotClosing(run.mode, verdict),
    takesOut: takesOutOf(run, [], mayPass),
    disclosures: gaps.map(({ id, title, scope, status, closes, opens }) => ({
      id,
      title,
      scope,
      status,
      closing: closes.length === 0 ? null : weigh(id, closes, run),
      ...(opens === undefined ? {} : { found: opens.flatMap((ref) => foundBy(ref, run)) }),
    })),
  };
}

/**
 * The runs whose trees this one took out of service. Which they are is pinned when it is asked for; `otherwise` is for ledgers
 * of before. `isGoingTo` takes the way back as gone.
 */
function takesOutOf(run: RunState, otherwise: readonly string[], isGoingTo = false): TakesOut | null {
  const runs = run.takesBack?.runs ?? otherwise;
  if (run.operation !== 'rollback' || run.mode !== 'LIVE' || runs.length === 0) return null;
  const lives = standingsOf(run).map(({ live }) => live);
  const rulings = run.takesBack?.rulings ?? false;
  if (isGoingTo || lives.includes('restored')) return { runs, how: 'rolled-back', rulings };
  return lives.includes('unknown') ? { runs, how: 'unknown', rulings } : null;
}

/** What an earlier version has signed of its rollback stays as it was signed; the register goes by what is live. */
function asRegistered(takesOut: TakesOut | null): TakesOut | null {
  return takesOut && { ...takesOut, rulings: true };
}

/** Of the ledger before the signing: the same for the report, the attestation and whoever folds the run later. */
function decidedAt({ gates, finished, requestedAt }: RunState): string {
  const report = gates.find(({ gate }) => gate.kind === 'report');
  return report?.queuedAt ?? finished?.at ?? requestedAt;
}

function whyNotClosing(mode: RunState['mode'], verdict: Verdict): string | null {
  if (mode === 'DRYRUN') return 'not closed, since a DRYRUN closes nothing';
  return verdict === 'PASS' || verdict === 'PARTIAL' ? null : `not closed, since the run ended ${verdict}`;
}

function weigh(gap: string, closes: RunState['plan']['gaps'][number]['closes'], run: RunState): Closing {
  // What the report gate finds of itself cannot be in the report.
  const judged = {
    ...run,
    gates: run.gates.map((each) => (each.gate.kind === 'report' ? { ...each, result: null } : each)),
  };
  const findings = [...partOf(gap, run), ...closes.map((ref) => weighEvidence(ref, judged))];
  const bearing = (['contradicts', 'silent', 'supports'] as const).find((each) =>
    findings.some((finding) => finding.bearing === each),
  );
  return {
    bearing: bearing ?? 'silent',
    texts: findings.filter((finding) => finding.bearing === bearing).map(({ text }) => text),
  };
}

/** What this run itself found to be a part of the gap. */
function partOf(gap: string, { gates }: RunState): Finding[] {
  return gates.flatMap(({ gate, result }) =>
    (result?.checks ?? [])
      .filter((check) => check.status === 'partial' && check.gap === gap)
      .map(
        ({ id, title }): Finding => ({
          source: 'check',
          bearing: 'contradicts',
          text: `${keyOf(gate)}/${id} ${title}: does not hold, as a part of this gap`,
        }),
      ),
  );
}
