// What is true of every gate of a kind. Pure.
import type { GateKind } from './schema-gates.ts';

/** Kinds that change the world, and so appear in the journal. */
export const mutatingKinds: ReadonlySet<string> = new Set<GateKind>([
  'artifact',
  'stage',
  'promote',
  'rollback-readiness',
  'rollback',
]);

/** Whether a gate of this kind changes the target host. The artifact's changes the source repository instead. */
export function changesTarget(kind: string): boolean {
  return mutatingKinds.has(kind) && kind !== 'artifact';
}

/** Kinds that decide on the ledger, and so run in the control plane. */
export const controlKinds: ReadonlySet<string> = new Set<GateKind>(['report', 'decide', 'gap-review']);

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
