// In what state a run leaves each live path of its plan, by its gates and their journals. Pure.

import type { GateKind } from '../plan/schema-gates.ts';
import type { PlanTarget } from '../plan/schema-places.ts';
import { namedTargets } from '../plan/sections.ts';
import { artifactFactsSchema, type FactsOf, readFacts } from './facts.ts';
import { factsFor } from './facts-for.ts';
import { resultsOf } from './gate-state.ts';
import { changedLive } from './live-change.ts';
import { type Observation, observationOf } from './observation.ts';
import type { GateState, RunState } from './state.ts';

export interface Standing {
  /** As gates name it; null for the plan's `target`. */
  readonly name: string | null;
  readonly target: PlanTarget;
  readonly live: 'unchanged' | 'candidate' | 'restored' | 'unknown';
  /** What was seen there since it was last changed; null where nobody has looked, as in ledgers of earlier versions. */
  readonly seen: Observation | null;
  /** The gates that change it, as far as the run has them. */
  readonly promote: GateState | undefined;
  readonly rollback: GateState | undefined;
  /** What they found; empty for a gate that left nothing. */
  readonly promoted: Partial<FactsOf<'promote'>>;
  readonly restored: Partial<FactsOf<'rollback'>>;
  /** What was built for it, where this run has it. */
  readonly built: Partial<FactsOf<'artifact'>>;
}

/** One for each live path, the unnamed one first. */
export function standingsOf(run: RunState): Standing[] {
  return namedTargets(run.plan).map(({ name, target }) => {
    const of = (kind: GateKind) =>
      run.gates.find(({ gate }) => gate.kind === kind && (gate.target ?? null) === name);
    const [promote, rollback] = [of('promote'), of('rollback')];
    const seen = observationOf(run, name === null ? {} : { target: name });
    return {
      name,
      target,
      live: seen
        ? liveAsSeen(run, seen, promote, rollback)
        : liveAfter(effectOf(run, promote), effectOf(run, rollback)),
      seen,
      promote,
      rollback,
      promoted: readFacts('promote', promote?.result?.facts),
      restored: readFacts('rollback', rollback?.result?.facts),
      built: promote ? readFacts('artifact', factsFor(run, promote.gate)['artifact']) : {},
    };
  });
}

/** By the look alone; the gates say only what the run did to come there. */
function liveAsSeen(
  run: RunState,
  seen: Observation,
  promote: GateState | undefined,
  rollback: GateState | undefined,
): Standing['live'] {
  if (seen.known) return seen.known.changed ? 'unknown' : 'unchanged';
  if (seen.live === 'neither' || seen.live === 'not-known') return 'unknown';
  if (run.operation === 'rollback') {
    if (!rollback || rollback.attempt === 0) return 'unchanged';
    if (seen.live === 'candidate') return 'candidate';
    const { position } = readFacts('rollback-readiness', factsFor(run, rollback.gate)['rollback-readiness']);
    return position === 'before' ? 'unchanged' : 'restored';
  }
  if (seen.live === 'candidate') return 'candidate';
  // Brought back by this run, or by somebody else after its promote.
  return promote?.status === 'pass' || (rollback?.attempt ?? 0) > 0 ? 'restored' : 'unchanged';
}

/** Whether a verification has seen what it was to look at: all of its `verify` gates, and each to an answer. */
export function hasVerified({ gates }: Pick<RunState, 'gates'>): boolean {
  const looks = gates.filter(({ gate }) => gate.kind === 'verify');
  return looks.length > 0 && looks.every(({ status }) => status === 'pass' || status === 'fail');
}

/** Why a run has changed nothing, where it is a rehearsal. */
export const simulatesAll = 'the run was a DRYRUN, which simulates every change';

/** Why nobody looked at a live path again, as the end of a sentence; null where somebody did, or something of it was begun. */
export function unseenBecause({ mode }: Pick<RunState, 'mode'>, standing: Standing): string | null {
  const { seen, live, promote, rollback } = standing;
  if (seen || live !== 'unchanged') return null;
  if (mode === 'DRYRUN') return simulatesAll;
  return [promote, rollback].every((each) => (each?.attempt ?? 0) === 0)
    ? 'no gate that changes it was begun'
    : null;
}

export type Effect = 'none' | 'done' | 'unknown';

function liveAfter(promoted: Effect, rolledBack: Effect): Standing['live'] {
  if (rolledBack === 'done') return 'restored';
  if (rolledBack === 'unknown') return 'unknown';
  return ({ none: 'unchanged', done: 'candidate', unknown: 'unknown' } as const)[promoted];
}

/** A gate that ended without a readable result may have changed the live path, and nobody knows. */
function effectOf({ mode, plan }: RunState, state: GateState | undefined): Effect {
  if (!state || mode === 'DRYRUN' || state.attempt === 0) return 'none';
  const { gate, status, result, nonce } = state;
  if (status === 'pass') return readFacts('rollback', result?.facts).badPath === null ? 'none' : 'done';
  // With nonces came the looks: of a gate that did not pass, and that nobody looked after, nothing is known.
  if (nonce !== null || result === null || status === 'inconclusive') return 'unknown';
  return resultsOf(state).some((each) => changedLive(plan, gate, each)) ? 'unknown' : 'none';
}

/** What was built, once each and in the order of the gates: by this run, or by the one that it verifies. */
export function builtOf(run: RunState): (FactsOf<'artifact'> & { readonly key: string | null })[] {
  const ofSubject = run.gates.filter(({ gate }) => gate.kind === 'verify');
  const found = [
    ...run.gates.flatMap(({ gate, result }) =>
      gate.kind === 'artifact' ? [{ key: gate.artifact ?? null, facts: result?.facts }] : [],
    ),
    ...ofSubject.map(({ gate }) => ({
      key: gate.artifact ?? null,
      facts: factsFor(run, gate)['artifact'],
    })),
  ].flatMap(({ key, facts }) => {
    const whole = artifactFactsSchema.safeParse(facts);
    return whole.success ? [{ key, ...whole.data }] : [];
  });
  const digests = found.map(({ artifact }) => artifact.sha256);
  return found.filter(({ artifact }, index) => digests.indexOf(artifact.sha256) === index);
}

/** How a live path is told from the others of its plan: nothing where it is the only one. */
export function labelOf({ plan }: Pick<RunState, 'plan'>, name: string | null): string {
  return namedTargets(plan).length > 1 ? (name ?? 'target') : '';
}
