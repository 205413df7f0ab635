// What gates with parameters of their own name: hosts, databases, patterns, gaps. Pure.
import { z } from 'zod';
import { patternFault } from '../evidence/pattern.ts';
import { gatesWithIndex, has, type Outline, type ReferenceFault, repeated, unknownName } from './outline.ts';

/** Names that the plan does not have, patterns that do not compile, and wishes that exclude each other. */
export function parameterFaults(plan: Outline): ReferenceFault[] {
  return [
    ...gatesWithIndex(plan).flatMap(([{ kind, with: parameters }, index]) => {
      const at = (...rest: (string | number)[]) => ['gates', index, 'with', ...rest];
      switch (kind) {
        case 'host-survey':
          return surveyFaults(plan, parameters, at);
        case 'command-proof':
          return commandFaults(plan, parameters, at);
        case 'decide':
          return ruleFaults(parameters, at);
        case 'gap-review':
          return reviewFaults(parameters, at);
        default:
          return [];
      }
    }),
    ...databaseProofFaults(plan),
  ];
}

type At = (...rest: (string | number)[]) => (string | number)[];
const text = z.string().optional().catch(undefined);
const texts = z.array(z.string()).catch([]);

const survey = z.object({
  host: text,
  system: text,
  tools: z.object({ present: texts, absent: texts }).catch({ present: [], absent: [] }),
  writable: texts,
  notWritable: texts,
  services: z.object({ running: texts, notRunning: texts }).catch({ running: [], notRunning: [] }),
});

function surveyFaults(plan: Outline, parameters: unknown, at: At): ReferenceFault[] {
  const read = survey.safeParse(parameters);
  if (!read.success) return [];
  const { host, system, tools, writable, notWritable, services } = read.data;
  return [
    ...hostFaults(plan, host, at('host')),
    ...patternFaults(system, at('system')),
    ...bothFaults(tools.present, tools.absent, at('tools', 'absent')),
    ...bothFaults(writable, notWritable, at('notWritable')),
    ...bothFaults(services.running, services.notRunning, at('services', 'notRunning')),
  ];
}

const commandProof = z.object({
  on: text,
  expect: z
    .object({ stdout: text, proofs: z.unknown().optional(), tests: z.unknown().optional() })
    .optional()
    .catch(undefined),
});

function commandFaults(plan: Outline, parameters: unknown, at: At): ReferenceFault[] {
  const read = commandProof.safeParse(parameters);
  if (!read.success) return [];
  const { on, expect } = read.data;
  const both = expect?.proofs !== undefined && expect.tests !== undefined;
  return [
    ...hostFaults(plan, on, at('on')),
    ...patternFaults(expect?.stdout, at('expect', 'stdout')),
    ...(both
      ? [
          {
            path: at('expect', 'tests'),
            message:
              'expected its output to be a list of proofs or that of a test runner, got both; make two gates',
          },
        ]
      : []),
  ];
}

/** What is silent proves nothing: such a rule could only ever be inconclusive. */
function ruleFaults(parameters: unknown, at: At): ReferenceFault[] {
  const read = z
    .object({ by: z.enum(['rule', 'people']).default('rule'), when: z.array(z.unknown()).default([]) })
    .safeParse(parameters);
  return read.success && read.data.by === 'rule' && read.data.when.length === 0
    ? [
        {
          path: at('when'),
          message:
            'expected at least one reference that the rule rests on, got none; name what it follows from, or let people decide',
        },
      ]
    : [];
}

function reviewFaults(parameters: unknown, at: At): ReferenceFault[] {
  const read = z.object({ mustBeClosed: texts, partialWhileOpen: texts }).safeParse(parameters);
  return read.success
    ? bothFaults(read.data.mustBeClosed, read.data.partialWhileOpen, at('partialWhileOpen'))
    : [];
}

const databaseProofs = z.object({
  proofs: z.array(z.object({ id: text, database: text }).nullable().catch(null)).catch([]),
});

/** Ids are unique over all gates: reports name a proof by its id alone. */
function databaseProofFaults(plan: Outline): ReferenceFault[] {
  const all = gatesWithIndex(plan)
    .filter(([{ kind }]) => kind === 'database-proof')
    .flatMap(([{ with: parameters }, index]) => {
      const read = databaseProofs.safeParse(parameters);
      return (read.success ? read.data.proofs : []).map((proof, at) => ({
        ...proof,
        path: ['gates', index, 'with', 'proofs', at],
      }));
    });
  const unknown = all.flatMap(({ database, path }) =>
    database === undefined || has(plan.databases, database)
      ? []
      : [
          {
            path: [...path, 'database'],
            message: unknownName('a database', database, Object.keys(plan.databases), 'databases'),
          },
        ],
  );
  const again = repeated(all.map(({ id }) => id)).flatMap((index) => {
    const { path = [], id } = all[index] ?? {};
    return [
      {
        path: [...path, 'id'],
        message: `expected each id of a proof once, got ${JSON.stringify(id)} again; rename it`,
      },
    ];
  });
  return [...unknown, ...again];
}

function hostFaults({ hosts }: Outline, host: string | undefined, path: (string | number)[]) {
  return host === undefined || has(hosts, host)
    ? []
    : [{ path, message: unknownName('a host', host, Object.keys(hosts), 'hosts') }];
}

function patternFaults(pattern: string | undefined, path: (string | number)[]): ReferenceFault[] {
  const message = pattern === undefined ? null : patternFault(pattern);
  return message === null ? [] : [{ path, message }];
}

function bothFaults(
  wanted: readonly string[],
  unwanted: readonly string[],
  path: (string | number)[],
): ReferenceFault[] {
  return unwanted.flatMap((each, index) =>
    wanted.includes(each)
      ? [
          {
            path: [...path, index],
            message: `expected each name on one of the two lists, got ${JSON.stringify(each)} on both; take it out of one`,
          },
        ]
      : [],
  );
}
