// What the ledger knows of one live path, gathered from its runs. Pure.
import { posix } from 'node:path';
import { entriesOf } from '../artifact/manifest.ts';
import { treeDigest } from '../artifact/tree-digest.ts';
import type { Plan } from '../plan/schema.ts';
import type { PlanGate } from '../plan/schema-gates.ts';
import type { PlanTarget } from '../plan/schema-places.ts';
import { allTargets, namedTargets, targetOf } from '../plan/sections.ts';
import { chooseOne } from './choose-anchor.ts';
import { readFacts } from './facts.ts';
import { factsFor } from './facts-for.ts';
import { resultsOf } from './gate-state.ts';
import { tidiesOf } from './gates-of.ts';
import type { KnownPlace, WayBack } from './known-place.ts';
import { changedLive } from './live-change.ts';
import { approvedAnchor, changesAt, type LiveChange, placeOf, removedAt } from './live-history.ts';
import { observationOf } from './observation.ts';
import type { RunState } from './state.ts';

/** One for each live path of the plan that a tidy can look at. `runs` are those of this installation, in any order. */
export function knowPlaces(plan: Plan, runs: readonly RunState[]): KnownPlace[] {
  const names = new Set(tidiesOf(plan).map(({ target }) => target ?? null));
  return namedTargets(plan)
    .filter(({ name }) => names.has(name))
    .map(({ name, target }) => knowPlace(plan, name, target, runs));
}

function knowPlace(
  plan: Plan,
  name: string | null,
  target: PlanTarget,
  runs: readonly RunState[],
): KnownPlace {
  const place = placeOf(plan, target);
  // A tidy exchanges nothing, and its own look must not make known what no other run has seen.
  const met = runs.filter((run) => run.mode === 'LIVE' && run.operation !== 'tidy' && meets(run, place));
  const changes = changesAt(met, place);
  const removed = removedAt(runs, place);
  const last = changes.at(-1);
  return {
    target: name,
    host: target.host,
    livePath: target.livePath,
    ...liveAt(met, place, last),
    changed: last ? { tree: last.tree, ofRun: last.runId } : null,
    anchor: anchorOf(last, changes, removed),
    ways: waysAt(met, place, changes, removed),
    runs: met.flatMap((run) => aboutRun(run, place)),
    neighbours: runs
      .filter((run) => !run.finished && run.operation !== 'tidy' && isBeside(run, plan, target))
      .map(({ runId }) => runId),
  };
}

function meets({ plan }: RunState, place: string): boolean {
  return allTargets(plan).some((each) => placeOf(plan, each) === place);
}

function isBeside(run: RunState, plan: Plan, target: PlanTarget): boolean {
  const parent = (of: Plan, each: PlanTarget) =>
    placeOf(of, { ...each, livePath: posix.dirname(each.livePath) });
  return allTargets(run.plan).some((each) => parent(run.plan, each) === parent(plan, target));
}

/** By the newest look, or by the newest change where none was looked at, as in ledgers of earlier versions. */
function liveAt(
  runs: readonly RunState[],
  place: string,
  last: LiveChange | undefined,
): Pick<KnownPlace, 'live' | 'whyNot'> {
  const seen = runs
    .flatMap((run) =>
      run.looks.flatMap(({ gate }) => {
        const target = targetOf(run.plan, gate);
        const found = target && placeOf(run.plan, target) === place ? observationOf(run, gate) : null;
        return found ? [{ ...found, ofRun: run.runId }] : [];
      }),
    )
    .toSorted((a, b) => (a.recordedAt < b.recordedAt ? -1 : 1))
    .at(-1);
  if (seen && (!last || last.at <= seen.recordedAt)) {
    const { live, at, tree, ofRun } = seen;
    return live === 'not-known'
      ? { live: null, whyNot: `what is live is not known since ${at}, by run ${ofRun}` }
      : { live: { tree, at, ofRun }, whyNot: null };
  }
  if (last) return { live: { tree: last.tree, at: last.at, ofRun: last.runId }, whyNot: null };
  return { live: null, whyNot: 'no run has looked at it or changed it yet' };
}

/** What a rollback from what the last change put there would choose. */
function anchorOf(
  last: LiveChange | undefined,
  changes: readonly LiveChange[],
  removed: readonly string[],
): WayBack | null {
  const up = changes.findLast(({ kind, tree }) => kind === 'promoted' && tree === last?.tree);
  if (!up?.tree) return null;
  const { runId, at, tree, kept: own } = up;
  const chosen = chooseOne({ runId, at, tree, own }, changes, removed);
  if ('code' in chosen || chosen.path === null || chosen.digest === null) return null;
  return { path: chosen.path, digest: chosen.digest, ofRun: chosen.ofRun };
}

/** What promotes have kept and nothing has taken since, a promote of which nobody knows how far it came included. */
function waysAt(
  runs: readonly RunState[],
  place: string,
  changes: readonly LiveChange[],
  removed: readonly string[],
): WayBack[] {
  const gone = new Set([
    ...removed,
    ...changes.flatMap(({ used, pruned }) => [...pruned, ...(used === null ? [] : [used])]),
  ]);
  const kept = changes.flatMap(({ kept: tree, runId }) => (tree ? [{ ...tree, ofRun: runId }] : []));
  const doubtful = runs.flatMap((run) => maybeKept(run, place));
  const known = new Set(kept.map(({ ofRun }) => ofRun));
  const subjectOf = new Map(runs.map(({ runId, subjectRun }) => [runId, subjectRun ?? runId]));
  const isLiveAgain = ({ digest, ofRun }: WayBack) =>
    changes.some(
      ({ kind, tree, runId }) => kind === 'restored' && tree === digest && subjectOf.get(runId) === ofRun,
    );
  return [...kept, ...doubtful.filter(({ ofRun }) => !known.has(ofRun))].filter(
    (way) => !gone.has(way.path) && !isLiveAgain(way),
  );
}

/** Of a promote that may have exchanged and did not pass: what was live before, wherever it was seen. */
function maybeKept(run: RunState, place: string): WayBack[] {
  return run.gates.flatMap((state) => {
    const { gate, attempt } = state;
    const target = targetOf(run.plan, gate);
    if (gate.kind !== 'promote' || attempt === 0 || !target || placeOf(run.plan, target) !== place) return [];
    const seen = observationOf(run, gate);
    const anchor = approvedAnchor(run, gate);
    const isUp =
      seen?.live !== 'anchor' &&
      (seen !== null ||
        state.result === null ||
        state.status === 'inconclusive' ||
        resultsOf(state).some((result) => changedLive(run.plan, gate, result)));
    return anchor && isUp ? [{ ...anchor, path: seen?.anchorPath ?? anchor.path, ofRun: run.runId }] : [];
  });
}

/** What a run may have left: once for each candidate that it staged there, or once without. */
function aboutRun(run: RunState, place: string): KnownPlace['runs'] {
  const stages = run.gates.filter(({ gate }) => {
    const target = targetOf(run.plan, gate);
    return gate.kind === 'stage' && target !== undefined && placeOf(run.plan, target) === place;
  });
  const common = { run: run.runId, ended: run.finished !== null };
  if (stages.length === 0) return [{ ...common, candidate: null, artifact: null }];
  return stages.map(({ gate, result }) => ({
    ...common,
    // A stage that was stopped says nothing; what it was to bring follows from the artifact.
    candidate: readFacts('stage', result?.facts).stagedTree?.digest ?? builtTree(run, gate),
    artifact: readFacts('artifact', factsFor(run, gate)['artifact']).artifact?.sha256 ?? null,
  }));
}

/** What the artifact unpacks to. */
function builtTree(run: RunState, gate: PlanGate): string | null {
  const { manifest } = readFacts('artifact', factsFor(run, gate)['artifact']);
  return manifest ? treeDigest(entriesOf(manifest)) : null;
}
