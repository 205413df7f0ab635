// What a schema cannot say of a plan: names that must exist, orders that must hold. Works on plans of faulty form too, so
// that all faults come in one go; what is not of the expected shape is left to the schema.
import { z } from 'zod';
import { approvalFaults } from './check-approval.ts';
import { targetFaults } from './check-targets.ts';
import { mustComeAfter } from './gate-traits.ts';
import { type GateKind, gateKinds } from './schema-gates.ts';

export interface ReferenceFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const names = z.record(z.string(), z.unknown()).catch({});
const outline = z
  .object({
    hosts: names,
    databases: names,
    tests: names,
    target: z.object({ host: z.string() }).nullable().catch(null),
    changeSet: z.object({ modified: z.number(), added: z.number(), files: names }).nullable().catch(null),
    probes: z
      .array(
        z
          .object({
            id: z.string(),
            kind: z.string(),
            host: z.string().optional(),
            via: z.string().optional(),
            database: z.string().optional(),
            pattern: z.string().optional(),
            expect: z.object({ matches: z.string().optional() }).catch({}),
          })
          .nullable()
          .catch(null),
      )
      .catch([]),
    operation: z.string().optional().catch(undefined),
    gates: z
      .array(
        z
          .object({ id: z.string(), kind: z.string(), name: z.string().optional().catch(undefined) })
          .nullable()
          .catch(null),
      )
      .catch([]),
    approval: z
      .object({
        requesters: z.array(z.string()).catch([]),
        groups: z
          .record(
            z.string(),
            z
              .object({ members: z.array(z.string()).catch([]), quorum: z.number().catch(1) })
              .catch({ members: [], quorum: 1 }),
          )
          .catch({}),
      })
      .nullable()
      .catch(null),
    passCriteria: z.array(z.unknown()).catch([]),
    forbiddenActions: z.array(z.unknown()).catch([]),
    gaps: z.array(z.object({ id: z.string() }).nullable().catch(null)).catch([]),
  })
  .nullable()
  .catch(null);
type Outline = NonNullable<z.infer<typeof outline>>;

/** Kinds that no plan lists, since every run that needs them has them. */
const notPlanned: Record<string, string> = {
  rollback: 'it is started by /rollback',
  verify: 'it is started by /verify',
  drift: 'every run has it between its approval and its promote',
};

/** Faults of reference, in the order of the checks. */
export function checkReferences(value: unknown): ReferenceFault[] {
  const plan = outline.parse(value);
  if (plan === null) return [];
  return [
    ...hostFaults(plan),
    ...changeSetFaults(plan),
    ...probeFaults(plan),
    ...gateFaults(plan),
    ...(kindsKnown(plan) ? targetFaults(value) : []),
    ...approvalFaults(plan.approval),
    ...claimFaults(plan),
    ...duplicateFaults(plan),
  ];
}

function hostFaults(plan: Outline): ReferenceFault[] {
  const faults: ReferenceFault[] = [];
  if (plan.target && !(plan.target.host in plan.hosts))
    faults.push({ path: ['target', 'host'], message: unknownName('host', plan.target.host, plan.hosts) });
  if (Object.keys(plan.tests).length > 0 && !('full' in plan.tests))
    faults.push({
      path: ['tests'],
      message: 'expected a suite named "full" (it also runs on the host), got none',
    });
  for (const [name, database] of Object.entries(plan.databases)) {
    const via = z.object({ via: z.string() }).safeParse(database);
    if (via.success && !(via.data.via in plan.hosts))
      faults.push({
        path: ['databases', name, 'via'],
        message: unknownName('host', via.data.via, plan.hosts),
      });
  }
  return faults;
}

function changeSetFaults({ changeSet }: Outline): ReferenceFault[] {
  if (!changeSet) return [];
  const [said, listed] = [changeSet.modified + changeSet.added, Object.keys(changeSet.files).length];
  return said === listed
    ? []
    : [
        {
          path: ['changeSet', 'files'],
          message: `expected ${said} files (${changeSet.modified} modified + ${changeSet.added} added), got ${listed}`,
        },
      ];
}

function probeFaults(plan: Outline): ReferenceFault[] {
  return plan.probes.flatMap((probe, index) => {
    if (!probe) return [];
    const faults: ReferenceFault[] = [];
    const at = (field: string) => ['probes', index, field];
    for (const field of ['host', 'via', 'database'] as const) {
      const [name, known] = [probe[field], field === 'database' ? plan.databases : plan.hosts];
      if (name !== undefined && !(name in known))
        faults.push({ path: at(field), message: unknownName(field === 'via' ? 'host' : field, name, known) });
    }
    for (const [field, pattern] of [
      ['pattern', probe.pattern],
      ['expect', probe.expect.matches],
    ] as const) {
      if (pattern !== undefined && !isRegExp(pattern))
        faults.push({
          path: at(field),
          message: `expected a regular expression, got ${JSON.stringify(pattern)}`,
        });
    }
    return faults;
  });
}

function isRegExp(source: string): boolean {
  try {
    new RegExp(source, 'mu');
    return true;
  } catch {
    return false;
  }
}

/** Whether every gate's kind is known. While one is not, what follows from the kinds would be reported twice. */
function kindsKnown(plan: Outline): boolean {
  return plan.gates.every((gate) => gate !== null && gateKinds.some((kind) => kind === gate.kind));
}

function gateFaults(plan: Outline): ReferenceFault[] {
  if (!kindsKnown(plan)) return [];
  const kinds = plan.gates.map((gate) => gate?.kind);
  const isRollback = plan.operation === 'rollback';
  const faults = plan.gates.flatMap((gate, index): ReferenceFault[] => {
    if (!gate) return [];
    const before = kinds.slice(0, index);
    const missing = isRollback
      ? []
      : (mustComeAfter[gate.kind as GateKind] ?? []).filter((kind) => !before.includes(kind));
    return [
      ...missing.map((kind) => ({
        path: ['gates', index, 'kind'],
        message: `expected a ${kind} gate before ${gate.kind}, got none; add it or move this gate`,
      })),
      ...(notPlanned[gate.kind] !== undefined && !(isRollback && gate.kind === 'rollback')
        ? [
            {
              path: ['gates', index, 'kind'],
              message: `expected a kind of a deploy, got ${gate.kind}; ${notPlanned[gate.kind]}`,
            },
          ]
        : []),
    ];
  });
  if (kinds.length > 0 && kinds.at(-1) !== 'report')
    faults.push({
      path: ['gates', kinds.length - 1],
      message: `expected the last gate to be report, got ${kinds.at(-1) ?? 'nothing'}`,
    });
  return faults;
}

function claimFaults(plan: Outline): ReferenceFault[] {
  const probes = plan.probes.map((probe) => probe?.id);
  const kinds: unknown[] = plan.gates.map((gate) => gate?.name ?? gate?.kind);
  const refs = z.object({
    evidence: z.array(z.object({ probe: z.string().optional(), check: z.string().optional() })),
  });
  return (['passCriteria', 'forbiddenActions'] as const).flatMap((field) =>
    plan[field].flatMap((claim, index) => {
      const parsed = refs.safeParse(claim);
      if (!parsed.success) return [];
      return parsed.data.evidence.flatMap(({ probe, check }, at): ReferenceFault[] => {
        const path = [field, index, 'evidence', at];
        const kind = check?.split('/')[0];
        if (probe !== undefined && !probes.includes(probe))
          return [{ path, message: `expected the id of a probe of this plan, got ${JSON.stringify(probe)}` }];
        if (kind !== undefined && kindsKnown(plan) && !kinds.includes(kind))
          return [
            {
              path,
              message: `expected a gate kind of this plan before the "/", got ${JSON.stringify(kind)}`,
            },
          ];
        return [];
      });
    }),
  );
}

function duplicateFaults(plan: Outline): ReferenceFault[] {
  return (['probes', 'gaps'] as const).flatMap((field) => {
    const seen = new Set<string>();
    return plan[field].flatMap((each, index) => {
      if (!each) return [];
      const again = seen.has(each.id);
      seen.add(each.id);
      return again
        ? [
            {
              path: [field, index, 'id'],
              message: `expected each id once, got ${JSON.stringify(each.id)} again`,
            },
          ]
        : [];
    });
  });
}

function unknownName(what: string, name: string, known: Record<string, unknown>): string {
  const list = Object.keys(known);
  return `expected a ${what} of this plan (${list.length > 0 ? list.join(', ') : 'there is none'}), got ${JSON.stringify(name)}`;
}
