// Which gates a run has, by its operation.
import { changesTarget, controlKinds } from '../plan/gate-traits.ts';
import type { Plan } from '../plan/schema.ts';
import { keyOf, type PlanGate } from '../plan/schema-gates.ts';
import type { Operation } from './events.ts';

type PlainGate = Exclude<PlanGate, { with: unknown }>;

/**
 * A deploy runs the plan's gates; when one fails after promote, the run state gains a rollback gate before the report.
 * Verify and rollback derive theirs from the plan, on the roles of the gates that they repeat, for the `concerned` targets
 * (null for all); a plan that is itself a rollback lists them, and a tidy looks at each live path that the plan may change. A LIVE run looks once more, between the approval and what it
 * permits, whether everything is still as it was shown.
 */
export function gatesOf(
  plan: Plan,
  operation: Operation,
  mode: Plan['mode'],
  concerned: ReadonlySet<string | null> | null = null,
): PlanGate[] {
  const promotes = promotesOf(plan).filter(
    ({ target }) => concerned === null || concerned.has(target ?? null),
  );
  switch (operation) {
    case 'deploy':
      return withDrift(plan, plan.gates.map(inItsPlace), mode);
    case 'verify':
      return [
        ...promotes.map((promote) =>
          like(plan, 'prove', promote, {
            id: 'V0',
            kind: 'verify',
            title: 'deployed tree, tests, proofs and probes',
          }),
        ),
        report(plan, 'V1'),
      ];
    case 'tidy':
      return [
        ...tidiesOf(plan).filter(({ target }) => concerned === null || concerned.has(target ?? null)),
        report(plan, 'T1'),
      ];
    case 'rollback':
      if (plan.operation === 'rollback') return withDrift(plan, plan.gates.map(inItsPlace), mode);
      return [
        ...withDrift(
          plan,
          [
            ...promotes.map((promote) =>
              like(plan, 'rollback-readiness', promote, {
                id: 'R0',
                kind: 'rollback-readiness',
                title: 'anchor intact',
              }),
            ),
            // The last to go live is the first to come back.
            ...promotes.toReversed().map((promote) =>
              like(plan, 'promote', promote, {
                id: 'R1',
                kind: 'rollback',
                title: 'exchange back to the anchor',
              }),
            ),
          ],
          mode,
        ),
        report(plan, 'R2'),
      ];
  }
}

/** The gates that a failed deploy gains: the way back for each target that went live, on the role that promoted it. */
export function rollbackGates(plan: Plan, promoted: readonly PlanGate[]): PlanGate[] {
  return promoted
    .toReversed()
    .map((promote) =>
      like(plan, 'promote', promote, { id: 'RB', kind: 'rollback', title: 'automatic rollback' }),
    );
}

/** The looks at what is live. */
export function lookGates(gates: readonly PlanGate[]): PlanGate[] {
  return oneForEachTarget(gates, { id: 'LIVE', kind: 'observe-live', title: 'what is live' });
}

/** What a tidy of this plan does. */
export function tidiesOf(plan: Plan): PlanGate[] {
  return oneForEachTarget(plan.gates, {
    id: 'T0',
    kind: 'tidy',
    title: 'what was left beside the live path',
  });
}

/** One for each target that one of these gates may change, on the role of the last of them. */
function oneForEachTarget(
  gates: readonly PlanGate[],
  own: Pick<PlainGate, 'id' | 'kind' | 'title'>,
): PlanGate[] {
  const changing = gates.filter(({ kind }) => changesTarget(kind));
  const last = new Map(changing.map((gate) => [gate.target ?? null, gate] as const));
  return [...last].map(([target, { role, timeoutSeconds }]) => ({
    ...own,
    ...(last.size > 1 ? { name: `${own.kind}-${target ?? 'target'}` } : {}),
    ...(target === null ? {} : { target }),
    role,
    timeoutSeconds,
    supplementary: false,
    tolerates: [],
  }));
}

function promotesOf({ gates }: Plan): PlanGate[] {
  return gates.filter(({ kind }) => kind === 'promote');
}

/** What decides on the ledger, or signs, runs where the ledger and the private key are. */
function inItsPlace(gate: PlanGate): PlanGate {
  return controlKinds.has(gate.kind) ? { ...gate, role: 'control' } : gate;
}

/** Before the first change that was consented to, one look a target; a dry run changes nothing and asks nobody. */
function withDrift(plan: Plan, gates: readonly PlanGate[], mode: Plan['mode']): PlanGate[] {
  const changes = gates.filter(({ kind }) => kind === 'promote' || kind === 'rollback');
  const [first] = changes;
  if (mode === 'DRYRUN' || !first) return [...gates];
  const looks = changes.map((change) =>
    like(plan, 'promote', change, {
      id: first.id,
      kind: 'drift',
      title: 'everything still as it was shown',
    }),
  );
  const at = gates.indexOf(first);
  return [...gates.slice(0, at), ...looks, ...gates.slice(at)];
}

/** A gate of our own on the target of a planned one, with role and time of the plan's gate of that kind. */
function like(
  plan: Plan,
  kind: PlanGate['kind'],
  of: PlanGate,
  own: Pick<PlainGate, 'id' | 'kind' | 'title'>,
): PlanGate {
  const planned =
    plan.gates.find((each) => each.kind === kind && each.target === of.target) ??
    plan.gates.find((each) => each.kind === kind);
  // Where there is but one of a kind, it goes by its kind.
  const isOnly =
    plan.gates.filter((each) => each.kind === (promotesOf(plan).length > 0 ? 'promote' : of.kind)).length <=
    1;
  return {
    ...own,
    ...(isOnly ? {} : { name: `${own.kind}-${of.target ?? 'target'}` }),
    ...(of.target === undefined ? {} : { target: of.target }),
    ...(of.artifact === undefined ? {} : { artifact: of.artifact }),
    role: planned?.role ?? of.role,
    timeoutSeconds: planned?.timeoutSeconds ?? of.timeoutSeconds,
    supplementary: false,
    tolerates: [],
  };
}

function report(plan: Plan, id: string): PlanGate {
  const planned = plan.gates.find(({ kind }) => kind === 'report');
  return {
    id,
    kind: 'report',
    title: 'report and attestation',
    role: 'control',
    timeoutSeconds: planned?.timeoutSeconds ?? 1800,
    supplementary: false,
    tolerates: [],
  };
}

/** By the name that events and jobs use. Throws a RangeError when there is none. */
export function gateNamed<T extends { readonly gate: PlanGate }>(gates: readonly T[], key: string): T {
  const found = gates.find(({ gate }) => keyOf(gate) === key);
  if (!found)
    throw new RangeError(
      `expected one of the gates ${gates.map(({ gate }) => keyOf(gate)).join(', ')}, got ${key}`,
    );
  return found;
}
