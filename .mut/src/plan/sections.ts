// The sections of a plan that a gate uses: which it needs, and the plan as that gate sees it. Pure.
import { PlanError } from './faults.ts';
import type { Plan } from './schema.ts';
import type { GateKind, PlanGate } from './schema-gates.ts';
import type { PlanTarget } from './schema-places.ts';

/** Sections that not every plan has. */
export const optionalSections = ['source', 'changeSet', 'commit', 'proofs', 'artifact', 'target'] as const;
export type OptionalSection = (typeof optionalSections)[number];

/** What each kind cannot do without. */
export const neededSections: { readonly [K in GateKind]: readonly OptionalSection[] } = {
  precheck: [],
  survey: ['source', 'changeSet'],
  reconcile: ['source', 'changeSet'],
  test: ['source', 'changeSet'],
  artifact: ['source', 'changeSet', 'commit', 'artifact'],
  stage: ['target', 'artifact'],
  drift: [],
  promote: ['target', 'artifact'],
  prove: ['target', 'artifact'],
  probes: [],
  'rollback-readiness': ['target'],
  rollback: ['target'],
  verify: ['target', 'artifact'],
  'observe-live': ['target'],
  tidy: ['target'],
  report: [],
  'host-survey': [],
  'command-proof': [],
  'database-proof': [],
  decide: [],
  'gap-review': [],
};

type Section<S extends OptionalSection> = NonNullable<Plan[S]>;

/** A plan in which target and artifact are those of one gate. What its kind needs is there; the rest may be missing. */
export type GatePlan = Omit<Plan, 'source' | 'changeSet' | 'commit' | 'artifact' | 'target'> & {
  readonly source: Section<'source'>;
  readonly changeSet: Section<'changeSet'>;
  readonly commit: Section<'commit'>;
  readonly artifact: Section<'artifact'>;
  readonly target: Section<'target'>;
};

/** The plan as this gate sees it. Throws PlanError `no-section` when it lacks what the gate's kind needs. */
export function planFor(plan: Plan, gate: Pick<PlanGate, 'id' | 'kind' | 'target' | 'artifact'>): GatePlan {
  const seen = { ...plan, target: targetOf(plan, gate), artifact: artifactOf(plan, gate) };
  const missing = neededSections[gate.kind].filter((section) => seen[section] === undefined);
  if (missing.length > 0)
    throw new PlanError(
      'no-section',
      `expected the plan ${plan.name} to have ${missing.join(' and ')}, which its gate ${gate.id} (${gate.kind}) needs, got none`,
    );
  return seen as GatePlan;
}

export function targetOf(
  plan: Pick<Plan, 'target' | 'targets'>,
  { target }: Pick<PlanGate, 'target'>,
): Plan['target'] {
  return target === undefined ? plan.target : plan.targets[target];
}

/** Every live path of a plan, the unnamed one first. */
export function allTargets({ target, targets }: Pick<Plan, 'target' | 'targets'>): PlanTarget[] {
  return [...(target ? [target] : []), ...Object.values(targets)];
}

/** Every live path with the name that gates use; null for the one that needs none. */
export function namedTargets({
  target,
  targets,
}: Pick<Plan, 'target' | 'targets'>): { name: string | null; target: PlanTarget }[] {
  return [
    ...(target ? [{ name: null, target }] : []),
    ...Object.entries(targets).map(([name, each]) => ({ name, target: each })),
  ];
}

function artifactOf(plan: Plan, { artifact }: Pick<PlanGate, 'artifact'>): Plan['artifact'] {
  return artifact === undefined ? plan.artifact : plan.artifacts[artifact];
}

/** The machine whose worker must take precheck; null when the plan names none. */
export function machineOf({ machine, source }: Pick<Plan, 'machine' | 'source'>): string | null {
  return machine ?? source?.machine ?? null;
}
