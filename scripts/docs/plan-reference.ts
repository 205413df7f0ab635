// docs/plans.md, from the schema of plans.
import { notPlanned } from '../../src/plan/check-order.ts';
import { planJsonSchema } from '../../src/plan/json-schema.ts';
import { approvalSchema } from '../../src/plan/schema-approval.ts';
import { databaseProofSchema } from '../../src/plan/schema-database-proof.ts';
import { evidenceRefSchema } from '../../src/plan/schema-evidence.ts';
import { probeSchema } from '../../src/plan/schema-probes.ts';
import { reportsSchema } from '../../src/plan/schema-reports.ts';
import { fieldsOf, fieldTable, type JsonSchema, jsonSchemaOf, type NamedForm } from './json-schema.ts';

const plan = planJsonSchema() as JsonSchema;
const formsIn = (schema: JsonSchema | undefined) => schema?.oneOf ?? schema?.anyOf ?? [];
const property = (schema: JsonSchema, name: string): JsonSchema => {
  const found = schema.properties?.[name];
  if (!found) throw new RangeError(`expected a field ${name}, got none`);
  return found;
};

const probe = jsonSchemaOf(probeSchema);
const named: readonly NamedForm[] = [
  { name: 'evidence', link: '#evidence', schema: jsonSchemaOf(evidenceRefSchema) },
  { name: 'expectation', link: '#expectations', schema: property(formsIn(probe)[0] ?? {}, 'expect') },
  { name: 'proof on a database', link: '#proofs-on-a-database', schema: jsonSchemaOf(databaseProofSchema) },
  {
    name: 'publisher',
    link: '#publishers',
    schema: property(jsonSchemaOf(reportsSchema), 'publisher'),
  },
  {
    name: 'freeze',
    link: '#freezes',
    schema: property(jsonSchemaOf(approvalSchema), 'freezes').items ?? {},
  },
];

/** Top-level fields with a section of their own; all others stand in the first table. */
const sections: readonly (readonly [title: string, fields: readonly string[]])[] = [
  ['Source and change set', ['source', 'changeSet', 'commit']],
  ['Tests and proofs', ['tests', 'forbiddenPatterns', 'proofs']],
  ['Artifact', ['artifact', 'artifacts']],
  ['Hosts and targets', ['hosts', 'target', 'targets']],
  ['Databases', ['databases']],
  ['Approval', ['approval']],
  ['Reports', ['reports']],
  ['Requirements', ['requires']],
  ['Claims', ['passCriteria', 'forbiddenActions']],
  ['Gaps', ['gaps']],
  ['Endings', ['outcomes', 'onFailureAfterPromote', 'next']],
];

export function planReference(): string {
  const inSections = sections.flatMap(([, fields]) => fields);
  const apart = ['probes', 'gates'];
  const head = Object.keys(plan.properties ?? {}).filter(
    (name) => !inSections.includes(name) && !apart.includes(name),
  );
  return `${[
    introduction,
    '## Head',
    tableOf(head),
    ...sections.flatMap(([title, fields]) => [`## ${title}`, tableOf(fields)]),
    ...probeSections(),
    ...gateSections(),
    ...forms(
      'Evidence',
      named[0],
      'What a claim, and the rule of a decision, rests on: one of these fields.',
    ),
    ...forms('Expectations', named[1], 'What a probe must read: one of these fields.'),
    ...forms('Publishers', named[3], '[reports.md](reports.md) has more on each.'),
    ...forms('Freezes', named[4], 'Once, from one local time to another, or every week.'),
    '## Proofs on a database',
    'In the parameters of a `database-proof` gate; [database-proof.md](database-proof.md) says what a step may be.',
    fieldTable(fieldsOf(jsonSchemaOf(databaseProofSchema), named)),
  ].join('\n\n')}\n`;
}

const introduction = `# Plans

<!-- Written by \`npm run docs\` from src/plan/schema.ts and its parts. Edit those; a test fails while this page is another. -->

A plan is the reviewed file that says what a run will do: which gates, on which machines, what they may touch, whom they ask, and what
follows. It is YAML 1.2, without aliases, and holds no credential: it names secrets of the [configuration](configuration.md). What a gate of
each kind decides is in [gates.md](gates.md); complete examples are in [\`examples/plans\`](../examples/plans).

| command | does |
|---|---|
| \`interlock plan new --template NAME [--name PLAN] [--out FILE]\` | writes a commented plan to begin with |
| \`interlock plan check FILE…\` | reports every fault at once, with line and path |
| \`interlock plan explain FILE\` | says in words what a run of it will do, and what it will not |
| \`interlock plan diff A B\` | says what changed between two plans, and what that means |
| \`interlock plan schema\` | prints the JSON Schema, for editors |

A path such as \`hosts.NAME.port\` is a field of each entry that has a name of your choice, \`gaps[].id\` one of each entry of a list. *required* is
what must be there whenever the part is there at all; an empty default is a field that may be left out. A *name* has letters, digits, ".", "_" and "-". Which sections a plan needs follows from its
gates; \`plan check\` says what is missing.`;

function tableOf(fields: readonly string[]): string {
  const of = (name: string) => [name, property(plan, name)] as const;
  return fieldTable(
    fieldsOf({ properties: Object.fromEntries(fields.map(of)), required: plan.required ?? [] }, named),
  );
}

/** What all members of a union have in common, kind aside, and what each has beside that. */
function split(union: readonly JsonSchema[]): { common: JsonSchema; own: [kind: string, own: JsonSchema][] } {
  const [first = {}, ...others] = union;
  const shared = Object.keys(first.properties ?? {}).filter(
    (name) => name !== 'kind' && others.every(({ properties }) => properties?.[name] !== undefined),
  );
  const pick = (schema: JsonSchema, keep: (name: string) => boolean): JsonSchema => ({
    properties: Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([name]) => keep(name))),
    required: (schema.required ?? []).filter(keep),
  });
  return {
    common: pick(first, (name) => shared.includes(name)),
    own: union.map((each) => [
      kindsOf(each).join(', '),
      pick(each, (name) => name !== 'kind' && !shared.includes(name)),
    ]),
  };
}

function kindsOf(schema: JsonSchema): string[] {
  const kind = schema.properties?.['kind'];
  return (kind?.enum ?? [kind?.const]).map(String);
}

function probeSections(): string[] {
  const { common, own } = split(formsIn(probe));
  return [
    '## Probes',
    `\`probes\`: a list, empty by default. ${property(plan, 'probes').description ?? ''}`,
    fieldTable([
      kindField(own.map(([kind]) => kind).flatMap((each) => each.split(', '))),
      ...fieldsOf(common, named),
    ]),
    ...own.flatMap(([kind, fields]) =>
      Object.keys(fields.properties ?? {}).length > 0
        ? [`### ${kind}`, fieldTable(fieldsOf(fields, named))]
        : [],
    ),
  ];
}

function gateSections(): string[] {
  const { common, own } = split(formsIn(property(plan, 'gates').items));
  return [
    '## Gates',
    `\`gates\`: a list. ${property(plan, 'gates').description ?? ''}`,
    fieldTable([
      kindField(own.flatMap(([kind]) => kind.split(', ')).filter((kind) => !Object.hasOwn(notPlanned, kind))),
      ...fieldsOf(common, named),
    ]),
    'Kinds that take parameters have them in `with`:',
    ...own.flatMap(([kind, fields]) =>
      Object.keys(fields.properties ?? {}).length > 0
        ? [`### Parameters of ${kind}`, fieldTable(fieldsOf(fields, named))]
        : [],
    ),
  ];
}

function kindField(kinds: readonly string[]) {
  const type = kinds.map((kind) => `\`${kind}\``).join(', ');
  return {
    path: 'kind',
    type,
    default: null,
    meaning: 'What it is; it decides which other fields there are.',
  };
}

function forms(title: string, form: NamedForm | undefined, words: string): string[] {
  const union = formsIn(form?.schema);
  return [
    `## ${title}`,
    words,
    ...(union.every(({ properties }) => Object.keys(properties ?? {}).length === 1)
      ? [fieldTable(union.flatMap((each) => fieldsOf(each, named)))]
      : union.map((each) => fieldTable(fieldsOf(each, named)))),
  ];
}
