// The criteria that one gate of a plan will decide. Pure.
import { z } from 'zod';
import { criteria } from './criteria.ts';
import { asksPeople, type Outline, type OutlinedGate } from './outline.ts';
import { type GateKind, gateKinds } from './schema-gates.ts';

/** As the jobs make an id of a probe's: they know no "." there. */
export function probeCriterion(id: string): string {
  return `probe-${id.replaceAll('.', '-')}`;
}

/** As the jobs make a part of an id of the name of a gap or a plan: criteria have neither "." nor "_". */
export function wordOf(name: string): string {
  return name.replaceAll(/[._]/g, '-');
}

/** Ids in the order of the table; null where they cannot be told from the plan. */
export function criteriaOf(plan: Outline, gate: OutlinedGate): readonly string[] | null {
  const kind = gateKinds.find((each) => each === gate.kind);
  if (kind === undefined) return null;
  if (kind === 'database-proof') return databaseProofCriteria(gate);
  return inPlan(kind, plan, gate);
}

function inPlan(kind: GateKind, plan: Outline, gate: OutlinedGate): string[] {
  const named: readonly [string, readonly string[]][] = [
    ['ssh-<host>', Object.keys(plan.hosts).map((name) => `ssh-${name}`)],
    ['suite-<suite>', Object.keys(plan.tests).map((name) => `suite-${name}`)],
    ['probe-<probe>', plan.probes.flatMap((probe) => (probe ? [probeCriterion(probe.id)] : []))],
    ['requires-<gap>', (plan.requires?.gaps ?? []).map((gap) => `requires-${wordOf(gap)}`)],
    [
      'ruling-<plan>',
      (plan.requires?.rulings ?? []).flatMap((each) => (each ? [`ruling-${wordOf(each.plan)}`] : [])),
    ],
    ['when-<n>', asksPeople(gate) ? [] : listIn(gate, 'when').map((_, at) => `when-${at + 1}`)],
    ['closed-<gap>', textsIn(gate, 'mustBeClosed').map((gap) => `closed-${wordOf(gap)}`)],
    ['open-<gap>', textsIn(gate, 'partialWhileOpen').map((gap) => `open-${wordOf(gap)}`)],
  ];
  return criteria[kind]
    .filter(({ only }) => only?.by(plan, gate) ?? true)
    .flatMap(({ id }) => named.find(([pattern]) => pattern === id)?.[1] ?? [id]);
}

function listIn({ with: parameters }: OutlinedGate, name: string): readonly unknown[] {
  const read = z.record(z.string(), z.unknown()).safeParse(parameters);
  const list = read.success ? read.data[name] : undefined;
  return Array.isArray(list) ? list : [];
}

function textsIn(gate: OutlinedGate, name: string): string[] {
  return listIn(gate, name).filter((each) => typeof each === 'string');
}

const counted = z.record(z.string(), z.unknown()).default({});
const proofOutline = z.object({
  proofs: z.array(
    z.object({
      id: z.string(),
      readOnly: z.boolean(),
      watch: z.array(z.object({ table: z.string() })).default([]),
      steps: z.array(
        z.object({
          expect: z.object({
            error: z.unknown().optional(),
            rowCount: z.unknown().optional(),
            value: z.unknown().optional(),
            rows: z.unknown().optional(),
            change: counted,
            counts: counted,
          }),
        }),
      ),
    }),
  ),
});

/** As src/database-proof/judge-proof.ts makes them; where a gate has many proofs, each id begins with its proof's. */
function databaseProofCriteria(gate: OutlinedGate): readonly string[] | null {
  const read = proofOutline.safeParse(gate.with);
  if (!read.success) return null;
  const { proofs } = read.data;
  return proofs.flatMap((proof) =>
    unique([
      'reach',
      ...proof.steps.flatMap(({ expect }, at) =>
        stepCriteria(expect).map((what) => `step-${at + 1}-${what}`),
      ),
      proof.readOnly ? 'read-only' : 'deferred-constraints',
      'transaction',
      ...proof.watch.map(({ table }) => `rows-${table}`),
      ...['leaked', 'sequences', 'session', 'prepared-transactions'],
    ]).map((id) => (proofs.length > 1 ? `${proof.id}-${id}`.replaceAll('.', '-') : id)),
  );
}

type Expected = z.infer<typeof proofOutline>['proofs'][number]['steps'][number]['expect'];

function stepCriteria({ error, rowCount, value, rows, change, counts }: Expected): string[] {
  const single = { error, 'row-count': rowCount, value, rows };
  return [
    ...Object.entries(single).flatMap(([what, wanted]) => (wanted === undefined ? [] : [what])),
    ...Object.keys(change).map((table) => `change-${table}`),
    ...Object.keys(counts).map((table) => `count-${table}`),
  ];
}

/** Two tables may come out as one id: "a.b" and "a-b" are both a-b. */
function unique(ids: readonly string[]): string[] {
  const times = new Map<string, number>();
  return ids
    .map((id) => id.replaceAll(/[^a-z0-9-]/gi, '-'))
    .map((id) => {
      times.set(id, (times.get(id) ?? 0) + 1);
      return times.get(id) === 1 ? id : `${id}-again-${times.get(id)}`;
    });
}
