// What a rollback needs of the run that it takes back: what comes back on each live path, and the facts of that run's gates.
// Pure.
import type { Plan } from '../plan/schema.ts';
import type { PlanGate } from '../plan/schema-gates.ts';
import type { Json } from '../plan/schema-scalars.ts';
import { targetOf } from '../plan/sections.ts';
import type { AnchorChoice } from './anchor-choice.ts';
import { chooseAnchors, promotesToTakeBack } from './choose-anchor.ts';
import type { Answer } from './control.ts';
import { restateFacts } from './facts-for.ts';
import { changesAt, placeOf, promotedBy } from './live-history.ts';
import { refuse } from './refuse.ts';
import { factsOf, type RunState } from './state.ts';

export interface TakeBack {
  readonly anchors: AnchorChoice[];
  readonly subjectFacts: { [gate: string]: Json };
  /** Runs whose trees are live no more once it is done: the subject, and those that the chosen anchors lie behind. */
  readonly takenBack: string[];
}

/** `plan` is the run's own, or one that is a rollback. `runs` are those on its targets, in any order. */
export function takeBack(plan: Plan, subject: RunState, runs: readonly RunState[]): Answer<TakeBack> {
  const met = runs.some(({ runId }) => runId === subject.runId) ? runs : [...runs, subject];
  const chosen = chooseAnchors(subject, met);
  if (!chosen.ok) return { ok: false, refusal: chosen.reason };
  const takenBack = takenBackBy(subject, chosen.anchors, met);
  if (plan.operation !== 'rollback')
    return chosen.anchors.length > 0
      ? { ok: true, value: { anchors: [...chosen.anchors], subjectFacts: factsOf(subject), takenBack } }
      : refuse('nothing-promoted', `Run ${subject.runId} staged nothing, so there is nothing to roll back.`);
  const promotes = promotesOn(plan, subject);
  const anchors = [...promotes].flatMap(([target, promote]) =>
    chosen.anchors
      .filter((each) => each.target === (promote.target ?? null))
      .map((each) => ({ ...each, ...hostOf(plan, target), target })),
  );
  return { ok: true, value: { anchors, subjectFacts: restateFacts(subject, plan, promotes), takenBack } };
}

/** Each that went live since the anchor was live, and each that had put the very tree there that comes out. */
function takenBackBy(
  subject: RunState,
  anchors: readonly AnchorChoice[],
  runs: readonly RunState[],
): string[] {
  const trees = promotedBy(subject);
  const others = anchors.flatMap(({ target: name, ofRun }) => {
    const target = name === null ? subject.plan.target : subject.plan.targets[name];
    if (!target) return [];
    const place = placeOf(subject.plan, target);
    const promoted = changesAt(runs, place).filter(({ kind }) => kind === 'promoted');
    const since = promoted.findIndex(({ runId }) => runId === ofRun);
    const out = trees.find((each) => each.place === place)?.tree;
    return promoted
      .filter(({ tree }, index) => (since !== -1 && index >= since) || (out !== undefined && tree === out))
      .map(({ runId }) => runId);
  });
  return [...new Set([subject.runId, ...others])];
}

/** The newest run that is live on every live path that this plan, a rollback, takes back. */
export function liveOnAllOf(plan: Plan, runs: readonly RunState[]): RunState | undefined {
  const places = targetsOf(plan).map(({ place }) => place);
  return runs.find((run) => {
    if (run.operation !== 'deploy' || run.mode !== 'LIVE') return false;
    const promoted = promotedBy(run);
    return places.every((place) => {
      const mine = promoted.find((each) => each.place === place);
      return mine !== undefined && changesAt(runs, place).at(-1)?.tree === mine.tree;
    });
  });
}

/** Which promote of the run put something where the plan's target is. */
function promotesOn(plan: Plan, subject: RunState): Map<string | null, PlanGate> {
  const promotes = promotesToTakeBack(subject).map(({ gate }) => gate);
  return new Map(
    targetsOf(plan).flatMap(({ name, place }) => {
      const promote = promotes.find((gate) => {
        const target = targetOf(subject.plan, gate);
        return target !== undefined && placeOf(subject.plan, target) === place;
      });
      return promote ? [[name, promote] as const] : [];
    }),
  );
}

function targetsOf(plan: Plan): { name: string | null; place: string }[] {
  return plan.gates.flatMap((gate) => {
    const target = gate.kind === 'rollback' ? targetOf(plan, gate) : undefined;
    return target ? [{ name: gate.target ?? null, place: placeOf(plan, target) }] : [];
  });
}

function hostOf(plan: Plan, name: string | null): Pick<AnchorChoice, 'host'> | undefined {
  const target = name === null ? plan.target : plan.targets[name];
  return target && { host: target.host };
}
