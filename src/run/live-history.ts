// What runs have put on one live path, and taken from it, by the ledger. Pure.
import type { Plan } from '../plan/schema.ts';
import type { PlanGate } from '../plan/schema-gates.ts';
import type { PlanTarget } from '../plan/schema-places.ts';
import { targetOf } from '../plan/sections.ts';
import { promoteFactsSchema, readFacts, rollbackFactsSchema, stageFactsSchema } from './facts.ts';
import { factsFor } from './facts-for.ts';
import { holdsCandidate, observationOf } from './observation.ts';
import type { GateState, RunState } from './state.ts';

/** A tree that a live path held, and where it lies when it does not. */
export interface KeptTree {
  readonly path: string;
  readonly digest: string;
}

export interface LiveChange {
  readonly runId: string;
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly kind: 'promoted' | 'restored';
  /** Digest of the tree that is live since then; null for nothing. */
  readonly tree: string | null;
  /** What a promote replaced, and kept; null for nothing. */
  readonly kept: KeptTree | null;
  /** Digests that a rollback took out of service. */
  readonly takenOut: readonly string[];
  /** Where the tree stood that a rollback brought back: nothing lies there any more. */
  readonly used: string | null;
  /** Old trees that this run removed. */
  readonly pruned: readonly string[];
}

/** The same path on the same SSH server, however plans name the two. */
export function placeOf(plan: Pick<Plan, 'hosts'>, { host, livePath }: PlanTarget): string {
  const { address, port } = plan.hosts[host] ?? { address: host, port: 22 };
  return JSON.stringify([address, port, livePath]);
}

/**
 * Changes of one place, the oldest first. Of a gate that did not pass the look tells that came after it; where nobody could look,
 * nothing is known, and nothing is said.
 */
export function changesAt(runs: readonly RunState[], place: string): LiveChange[] {
  return runs
    .filter(({ mode }) => mode === 'LIVE')
    .flatMap((run) => run.gates.flatMap((state) => changeBy(run, state, place)))
    .sort((a, b) => (a.at < b.at ? -1 : 1));
}

function changeBy(run: RunState, state: GateState, place: string): LiveChange[] {
  const { gate, status, result, finishedAt } = state;
  const target = targetOf(run.plan, gate);
  if (!target || placeOf(run.plan, target) !== place) return [];
  if (status !== 'pass') return seenChange(run, state);
  if (!result || !finishedAt) return [];
  const common = { runId: run.runId, at: finishedAt };
  if (gate.kind === 'promote') {
    const facts = promoteFactsSchema.safeParse(result.facts);
    if (!facts.success) return [];
    const { liveTree, backupPath, backupTree } = facts.data;
    const kept = backupPath && backupTree ? { path: backupPath, digest: backupTree.digest } : null;
    const pruned = prunedBy(run, gate);
    const promoted: LiveChange = {
      ...common,
      kind: 'promoted',
      tree: liveTree.digest,
      kept,
      takenOut: [],
      used: null,
      pruned,
    };
    return [promoted, ...replacedSince(run, gate, promoted)];
  }
  if (gate.kind !== 'rollback') return [];
  const facts = rollbackFactsSchema.safeParse(result.facts);
  if (!facts.success) return [];
  const { restoredTree, badPath, badTree, anchorPath } = facts.data;
  const staged = stagedFor(run, gate);
  const takenOut = badPath === null ? [] : [badTree?.digest, staged?.stagedTree.digest];
  return [
    {
      ...common,
      kind: 'restored',
      tree: restoredTree?.digest ?? null,
      kept: null,
      takenOut: takenOut.filter((each) => each !== undefined),
      used: badPath === null ? null : anchorPath === undefined ? (staged?.backupPath ?? null) : anchorPath,
      pruned: [],
    },
  ];
}

/** What the last look saw in place of what a promote had put there, where no gate of the run took it back. */
function replacedSince(run: RunState, gate: PlanGate, promoted: LiveChange): LiveChange[] {
  const seen = observationOf(run, gate);
  const tookBack = run.gates.some(
    (each) => each.gate.kind === 'rollback' && each.attempt > 0 && each.gate.target === gate.target,
  );
  if (!seen || tookBack || !['anchor', 'other-run', 'neither'].includes(seen.live) || holdsCandidate(seen))
    return [];
  return [{ ...promoted, at: seen.recordedAt, kind: 'restored', tree: seen.tree, kept: null }];
}

/** What a gate that did not pass has come to all the same, by the look after it. */
function seenChange(run: RunState, { gate, attempt }: GateState): LiveChange[] {
  const seen = attempt > 0 ? observationOf(run, gate) : null;
  const staged = stagedFor(run, gate);
  if (!seen || !staged) return [];
  const none = { runId: run.runId, at: seen.recordedAt, kept: null, takenOut: [], used: null, pruned: [] };
  if (gate.kind === 'promote' && seen.live === 'candidate') {
    const anchor = approvedAnchor(run, gate);
    // It may have been written into since: the choice names it all the same, and the host has the last word.
    const kept = anchor && { ...anchor, path: seen.anchorPath ?? anchor.path };
    return [{ ...none, kind: 'promoted', tree: staged.stagedTree.digest, kept }];
  }
  const { position } = readFacts('rollback-readiness', factsFor(run, gate)['rollback-readiness']);
  return gate.kind === 'rollback' && seen.live === 'anchor' && position !== 'before'
    ? [{ ...none, kind: 'restored', tree: seen.tree, takenOut: [staged.stagedTree.digest] }]
    : [];
}

/** What was staged for this gate's target: by this run, or by the one that it takes back. */
export function stagedFor(run: RunState, gate: PlanGate) {
  const staged = stageFactsSchema.safeParse(factsFor(run, gate)['stage']);
  return staged.success ? staged.data : null;
}

/** What was live when the promote of this target was approved, and where it was to be kept; null for nothing. */
export function approvedAnchor(run: RunState, gate: PlanGate): KeptTree | null {
  const staged = stagedFor(run, gate);
  if (!staged?.backupPath) return null;
  const { liveTree = staged.liveTree } = readFacts('drift', factsFor(run, gate)['drift']);
  return liveTree && { path: staged.backupPath, digest: liveTree.digest };
}

function prunedBy(run: RunState, { target }: PlanGate): string[] {
  return run.gates.flatMap(({ gate, result }) =>
    gate.kind === 'rollback-readiness' && gate.target === target
      ? (readFacts('rollback-readiness', result?.facts).pruned ?? []).map(({ path }) => path)
      : [],
  );
}

/** What tidies have removed there. */
export function removedAt(runs: readonly RunState[], place: string): string[] {
  return runs
    .filter(({ mode }) => mode === 'LIVE')
    .flatMap(({ plan, gates }) =>
      gates.flatMap(({ gate, result }) => {
        const target = targetOf(plan, gate);
        if (gate.kind !== 'tidy' || !target || placeOf(plan, target) !== place) return [];
        return (readFacts('tidy', result?.facts).removed ?? []).map(({ path }) => path);
      }),
    );
}

/** The promotes by which a run put something on a live path, each with its place and tree. */
export function promotedBy(run: RunState): { gate: PlanGate; place: string; tree: string }[] {
  return run.gates.flatMap((state) => {
    const { gate, status, result } = state;
    const target = targetOf(run.plan, gate);
    if (gate.kind !== 'promote' || !target) return [];
    const { liveTree } = readFacts('promote', result?.facts);
    const tree = status === 'pass' ? liveTree?.digest : seenChange(run, state)[0]?.tree;
    return tree ? [{ gate, place: placeOf(run.plan, target), tree }] : [];
  });
}

/** Whether all that this run promoted is what its live paths hold now, by the ledger of these runs. */
export function isLive(run: RunState, runs: readonly RunState[]): boolean {
  const promoted = promotedBy(run);
  return (
    run.mode === 'LIVE' &&
    promoted.length > 0 &&
    promoted.every(({ place, tree }) => changesAt(runs, place).at(-1)?.tree === tree)
  );
}
