// How a run ends: by its gates, and by what was seen of its live paths. A verdict, and the plan's word for it, say something
// about what is live; where the look at the host says otherwise, the run is inconclusive. Pure.
import type { Reason } from './gate-result.ts';
import { type Observation, observationsOf } from './observation.ts';
import type { RunState } from './state.ts';
import { type JudgedGate, type Verdict, verdictOf } from './verdict.ts';

export interface Ending {
  readonly verdict: Verdict;
  /** Why it is not a PASS. */
  readonly reason: Reason | null;
}

/** `gates` are the run's, as they are to be judged. */
export function endingOf(run: RunState, gates: readonly JudgedGate[]): Ending {
  const { mode, operation, plan } = run;
  return fitToHost(verdictOf(mode, gates), {
    operation,
    wentBack: wentBack(run),
    goesBack: plan.onFailureAfterPromote === 'rollback',
    seen: observationsOf(run),
  });
}

/** Whether a gate that takes something back was begun. */
export function wentBack({ gates }: Pick<RunState, 'gates'>): boolean {
  return gates.some(({ gate, attempt }) => gate.kind === 'rollback' && attempt > 0);
}

export interface OnHost {
  readonly operation: RunState['operation'];
  /** Whether something was taken back: then something had gone live. */
  readonly wentBack: boolean;
  /** Whether what failed after promote is to be taken back. */
  readonly goesBack: boolean;
  readonly seen: readonly (Pick<Observation, 'host' | 'livePath' | 'live' | 'at' | 'promotes'> & {
    readonly known?: Observation['known'] | undefined;
  })[];
}

/** The same ending, or INCONCLUSIVE where what was seen does not fit it. Without an observation it stays. */
export function fitToHost(judged: Ending, on: OnHost): Ending {
  // BLOCKED says that nothing was tried.
  const isTried = judged.verdict === 'BLOCKED' && on.operation === 'deploy' && on.wentBack;
  const ending: Ending = isTried && on.seen.length > 0 ? { ...judged, verdict: 'FAILED' } : judged;
  const other = on.seen.find(
    (each) =>
      !livesFitting(ending.verdict, on, each.promotes).includes(each.live) &&
      // Another run's tree that this one has not touched is as it was.
      !(ending.verdict === 'BLOCKED' && each.known?.changed === false),
  );
  if (!other || ending.verdict === 'INCONCLUSIVE') return ending;
  return {
    verdict: 'INCONCLUSIVE',
    reason: {
      code: other.live === 'not-known' ? 'live-not-known' : 'live-does-not-fit',
      text: `By its gates this run is ${ending.verdict}${ending.reason ? ` (${ending.reason.text})` : ''}. That does not fit what is live: ${sayLive(other)}.`,
    },
  };
}

/** What may be live under a verdict. */
function livesFitting(
  verdict: Verdict,
  { operation, goesBack }: OnHost,
  promotes: boolean,
): readonly Observation['live'][] {
  const isBack = operation === 'rollback';
  switch (verdict) {
    case 'PASS':
    case 'PARTIAL':
      return isBack || !promotes ? ['anchor'] : ['candidate'];
    case 'FAILED':
      return isBack || !promotes || goesBack ? ['anchor'] : ['anchor', 'candidate'];
    case 'BLOCKED':
      // Nothing was tried: a way back that was not begun leaves what it found.
      return isBack ? ['anchor', 'candidate'] : ['anchor'];
    default:
      return ['anchor', 'candidate', 'other-run', 'neither', 'not-known'];
  }
}

/** One sentence without its end, for people. */
export function sayLive({
  host,
  livePath,
  live,
  at,
  known,
}: Omit<OnHost['seen'][number], 'promotes'>): string {
  const where = `${livePath} on ${host}`;
  switch (live) {
    case 'anchor':
      return `${where} held the tree from before, seen at ${at}`;
    case 'candidate':
      return `${where} held the candidate, seen at ${at}`;
    case 'other-run':
      return `${where} held ${sayKnown(known)}, seen at ${at}`;
    case 'neither':
      return `${where} held neither the candidate nor the tree from before, seen at ${at}`;
    case 'not-known':
      return `what ${where} holds is not known since ${at}`;
  }
}

/** Whose tree it is, for people. */
export function sayKnown(known: Observation['known'] | undefined): string {
  return known?.as === 'before'
    ? `what was live before run ${known.run}`
    : `the candidate of run ${known?.run ?? 'unknown'}`;
}
