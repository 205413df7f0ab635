// A plan as the checks of cross-references read it: whatever of it has the expected shape. What has not is left to the schema,
// so that a plan of faulty form still shows all its other faults.
import { z } from 'zod';
import { consentKinds } from './gate-traits.ts';

/** A fault of reference: where, and what was expected, what came, and the next move. */
export interface ReferenceFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const text = z.string().optional().catch(undefined);
const texts = z.array(z.string()).catch([]);
const names = z.record(z.string(), z.unknown()).catch({});
const listOf = <T extends z.ZodType>(each: T) => z.array(each.nullable().catch(null)).catch([]);

const target = z.object({ host: z.string(), livePath: z.string() }).nullable().catch(null);

const evidenceRef = z.object({
  check: text,
  probe: text,
  proof: text,
  journal: text,
  construction: text,
});
const claim = z.object({ id: text, act: text, evidence: listOf(evidenceRef) });
const given = z.unknown().optional();

const probe = z.object({
  id: z.string(),
  kind: z.string(),
  host: text,
  via: text,
  database: text,
  pattern: text,
  tables: given,
  units: given,
  ports: given,
  sample: given,
  expect: z
    .object({
      matches: text,
      unchanged: z.boolean().optional().catch(undefined),
      equals: given,
      before: given,
      after: given,
    })
    .catch({}),
});

const gate = z.object({
  id: z.string().catch('?'),
  kind: z.string(),
  name: text,
  target: text,
  artifact: text,
  needs: z.array(z.string()).optional().catch(undefined),
  mutates: z.boolean().optional().catch(undefined),
  supplementary: z.boolean().catch(false),
  otherwise: text,
  tolerates: listOf(z.object({ check: z.string(), gap: z.string() })),
  with: z.unknown().optional(),
});

const group = z.object({ members: z.array(z.string()), quorum: z.int().min(1).default(1) });

const outlineSchema = z
  .object({
    name: text,
    operation: z.enum(['deploy', 'rollback']).catch('deploy'),
    machine: text,
    source: z.object({ machine: text }).nullable().catch(null),
    changeSet: z
      .object({
        ...{ modified: z.number(), added: z.number(), files: names, ratifiedList: text },
        ...{ modes: names, removed: names },
      })
      .nullable()
      .catch(null),
    commit: z.unknown().optional(),
    tests: names,
    proofs: z.unknown().optional(),
    artifact: z.unknown().optional(),
    artifacts: names,
    hosts: names,
    target,
    targets: z.record(z.string(), target).catch({}),
    databases: names,
    probes: listOf(probe),
    gates: listOf(gate),
    approval: z
      .object({
        channels: texts,
        requesters: texts,
        groups: z.record(z.string(), group.nullable().catch(null)).catch({}),
      })
      .nullable()
      .catch(null),
    requires: z
      .object({
        gaps: texts,
        rulings: listOf(z.object({ plan: z.string() })),
      })
      .nullable()
      .catch(null),
    passCriteria: listOf(claim),
    forbiddenActions: listOf(claim),
    gaps: listOf(
      z.object({ id: z.string(), status: text, closes: listOf(evidenceRef), opens: listOf(evidenceRef) }),
    ),
    reports: z.object({ path: text }).nullable().catch(null),
    outcomes: z.record(z.string(), z.unknown()).nullable().catch(null),
  })
  .nullable()
  .catch(null);
type Read = NonNullable<z.infer<typeof outlineSchema>>;

/** With the sections that are there in whatever form. */
export type Outline = Read & { readonly present: readonly string[] };
export type OutlinedGate = NonNullable<Read['gates'][number]>;
export type OutlinedProbe = NonNullable<Read['probes'][number]>;
export type OutlinedRef = NonNullable<z.infer<typeof evidenceRef>>;

/** Null for what is not even a mapping. */
export function outlineOf(value: unknown): Outline | null {
  const read = outlineSchema.parse(value);
  const given = Object.entries(z.record(z.string(), z.unknown()).catch({}).parse(value));
  return read && { ...read, present: given.filter(([, each]) => each != null).map(([name]) => name) };
}

/** Own names only: a plan may call a host "constructor". */
export function has(known: object, name: string): boolean {
  return Object.hasOwn(known, name);
}

/** "expected a host of this plan (a, b), got "c"; name one of them, or add it under hosts". */
export function unknownName(what: string, name: string, known: readonly string[], section: string): string {
  const some = known.length > 0;
  return `expected ${what} of this plan (${some ? known.join(', ') : 'there is none'}), got ${JSON.stringify(name)}; ${some ? 'name one of them, or ' : ''}add it under ${section}`;
}

/** Indexes of the entries that say again what an earlier one has said; null says nothing. */
export function repeated(entries: readonly (string | null | undefined)[]): number[] {
  const seen = new Set<string>();
  return entries.flatMap((entry, index) => {
    if (entry == null) return [];
    const again = seen.has(entry);
    seen.add(entry);
    return again ? [index] : [];
  });
}

/** Every gate with its place in the plan; those of no readable shape are left out. */
export function gatesWithIndex({ gates }: Pick<Outline, 'gates'>): [gate: OutlinedGate, index: number][] {
  return gates.flatMap((each, index) => (each ? [[each, index] as [OutlinedGate, number]] : []));
}

/** Whether people are asked at this gate. */
export function asksPeople({ kind, with: parameters }: OutlinedGate): boolean {
  if (consentKinds.has(kind)) return true;
  return (
    kind === 'decide' &&
    typeof parameters === 'object' &&
    parameters !== null &&
    'by' in parameters &&
    parameters.by === 'people'
  );
}
