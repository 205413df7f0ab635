// What is true of every gate of a kind. Pure.
import type { GateKind } from './schema-gates.ts';

/** Kinds that change the world, and so appear in the journal. */
export const mutatingKinds: ReadonlySet<string> = new Set<GateKind>([
  'artifact',
  'stage',
  'promote',
  'rollback-readiness',
  'rollback',
  'observe-live',
  'tidy',
]);

/**
 * Kinds that run what the plan or the change set brings: suites, commands, SQL. What that does beside what it is asked for, no
 * journal of ours holds.
 */
export const commandKinds: ReadonlySet<string> = new Set<GateKind>([
  'test',
  'prove',
  'verify',
  'command-proof',
  'database-proof',
]);

/** Kinds that put another tree on a live path. */
export const exchangingKinds: ReadonlySet<string> = new Set<GateKind>(['promote', 'rollback']);

/** Whether a gate of this kind changes the target host. The artifact's changes the source repository instead. */
export function changesTarget(kind: string): boolean {
  return mutatingKinds.has(kind) && kind !== 'artifact';
}

/** Kinds that decide on the ledger, and so run in the control plane. */
export const controlKinds: ReadonlySet<string> = new Set<GateKind>(['report', 'decide', 'gap-review']);

/** Kinds whose gate is about one live path of the plan. */
export const onTarget: ReadonlySet<string> = new Set<GateKind>([
  'stage',
  'drift',
  'promote',
  'prove',
  'rollback-readiness',
  'rollback',
  'verify',
  'observe-live',
  'tidy',
]);

/** Kinds whose gate is about one artifact of the plan. */
export const ofArtifact: ReadonlySet<string> = new Set<GateKind>([
  'artifact',
  'stage',
  'drift',
  'promote',
  'prove',
  'verify',
]);

interface Aimed {
  readonly kind: string;
  readonly target?: string | undefined;
  readonly artifact?: string | undefined;
}

/** Whether two gates are about the same target and artifact, as far as both are about one. */
export function onTheSame(a: Aimed, b: Aimed): boolean {
  const sameTarget = !onTarget.has(a.kind) || !onTarget.has(b.kind) || a.target === b.target;
  // A second artifact is of the commit that the first one made.
  const areSiblings = a.kind === 'artifact' && b.kind === 'artifact';
  const sameArtifact =
    areSiblings || !ofArtifact.has(a.kind) || !ofArtifact.has(b.kind) || a.artifact === b.artifact;
  return sameTarget && sameArtifact;
}

/** Kinds that go forward only by the consent of the approvers. A `decide` gate needs it too where people decide. */
export const consentKinds: ReadonlySet<string> = new Set<GateKind>(['promote', 'rollback']);

/** Kinds that read the probes a second time. */
export const secondReadingKinds: ReadonlySet<string> = new Set<GateKind>(['prove', 'verify', 'probes']);

/** Kinds of which each needs one of another kind before it, on the same target and artifact. */
export const mustComeAfter: { readonly [K in GateKind]?: readonly GateKind[] } = {
  survey: ['precheck'],
  reconcile: ['survey'],
  test: ['reconcile'],
  artifact: ['test'],
  stage: ['artifact'],
  promote: ['stage'],
  prove: ['promote'],
  probes: ['precheck'],
  'rollback-readiness': ['promote'],
};

/** The same for a plan whose operation is the way back: what was promoted, an earlier run has promoted. */
export const mustComeAfterOnTheWayBack: typeof mustComeAfter = {
  ...mustComeAfter,
  'rollback-readiness': ['precheck'],
  rollback: ['rollback-readiness'],
};
