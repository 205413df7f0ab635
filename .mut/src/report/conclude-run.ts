// How a run ends, as its report and its attestation say it: known before the report gate itself has ended.
import { judgedGates, outcomeOf } from '../run/decide.ts';
import { endingOf } from '../run/ending.ts';
import type { GateStatus, Reason } from '../run/gate-result.ts';
import type { GateState, RunState } from '../run/state.ts';
import { asJudged, type Verdict } from '../run/verdict.ts';
import { judgeForbiddenActions, judgePassCriteria } from './judge-claim.ts';

export interface ConcludedGate {
  readonly state: GateState;
  readonly status: GateStatus;
  readonly reason: Reason | null;
}

export interface Conclusion {
  readonly verdict: Verdict;
  readonly outcome: string;
  /** Why it is not a PASS. */
  readonly reason: Reason | null;
  readonly gates: readonly ConcludedGate[];
  /** What ended the run early, or null when every gate ran. */
  readonly stop: { readonly gate: ConcludedGate | null; readonly reason: Reason } | null;
}

/**
 * The run's verdict with its report gate taken as done, for a signed report exists only if that gate worked. The gate is
 * `fail` instead when every other gate passed and yet the plan's claims are contradicted: a PASS must not stand over that.
 * The job of the report gate has to give back `reportGate(run)`.
 */
export function concludeRun(run: RunState): Conclusion {
  const report = reportGate(run);
  const gates = run.gates.map((state): ConcludedGate => {
    if (state.gate.kind === 'report') return { state, ...report };
    if (state.status === 'pending' || state.status === 'queued') {
      const text = `${state.gate.id} ${state.gate.title} had not ended when the report was written.`;
      return { state, status: 'not-run', reason: { code: 'unfinished', text } };
    }
    return { state, status: state.status, reason: state.reason };
  });
  const { verdict, reason } = endingOf(
    run,
    gates.map(({ state, status, reason: why }) => asJudged(state.gate, status, why)),
  );
  return { verdict, outcome: outcomeOf(run, verdict), reason, gates, stop: stopOf(run, gates) };
}

/** What the report gate ends as: `fail` when a claim of the plan is contradicted although every other gate passed. */
export function reportGate(run: RunState): { status: 'pass' | 'fail'; reason: Reason | null } {
  const others = run.gates.filter(({ gate }) => gate.kind !== 'report');
  const against = [...judgePassCriteria(run), ...judgeForbiddenActions(run)].filter(
    ({ status }) => status === 'does-not-hold',
  );
  const [first] = against;
  const { verdict } = endingOf(run, judgedGates({ gates: others }));
  if (!first || (verdict !== 'PASS' && verdict !== 'PARTIAL')) return { status: 'pass', reason: null };
  const more = against.length > 1 ? ` (and ${against.length - 1} more)` : '';
  return {
    status: 'fail',
    reason: {
      code: 'claim-contradicted',
      text: `The gates passed, but the evidence contradicts "${first.title}": ${first.restsOn.join('; ')}${more}`,
    },
  };
}

function stopOf(run: RunState, gates: readonly ConcludedGate[]): Conclusion['stop'] {
  const stopped = gates.find(
    ({ status }) => status === 'fail' || status === 'blocked' || status === 'inconclusive',
  );
  if (run.aborted) {
    return {
      gate: stopped ?? null,
      reason: { code: 'aborted', text: `${run.aborted.by.name} aborted the run: ${run.aborted.reason}` },
    };
  }
  if (stopped?.reason) return { gate: stopped, reason: stopped.reason };
  const skipped = gates.find(({ status, reason }) => status === 'not-run' && reason?.code !== 'dryrun');
  return skipped?.reason ? { gate: skipped, reason: skipped.reason } : null;
}
