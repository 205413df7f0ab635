// The gates of a plan: kinds with parameters, in any number and order that what they need allows.
import { z } from 'zod';
import { databaseProofSchema } from './schema-database-proof.ts';
import { evidenceRefSchema } from './schema-evidence.ts';
import { absolutePath, argv, identifier } from './schema-scalars.ts';
import { suiteFormat } from './schema-suites.ts';

/** Kinds that take what they do from the plan's own sections. */
const plainKinds = [
  'precheck',
  'survey',
  'reconcile',
  'test',
  'artifact',
  'stage',
  'drift',
  'promote',
  'prove',
  'probes',
  'rollback-readiness',
  'rollback',
  'verify',
  'observe-live',
  'tidy',
  'report',
] as const;

export const gateKinds = [
  ...plainKinds,
  'host-survey',
  'command-proof',
  'database-proof',
  'decide',
  'gap-review',
] as const;
export type GateKind = (typeof gateKinds)[number];

const gapId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/);

const common = {
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,15}$/)
    .describe(
      'Label in thread and report, such as G0. Two gates may share one (stage and promote are both G5).',
    ),
  title: z.string().min(1).max(120).describe('What the gate decides, in words.'),
  name: identifier
    .optional()
    .describe('What others call this gate; without it its kind. Needed where a kind comes twice.'),
  role: identifier
    .default('ssot')
    .describe('Role of the workers that may take it. What decides on the ledger runs in the control plane.'),
  timeoutSeconds: z
    .int()
    .min(1)
    .max(86400)
    .default(1800)
    .describe('Seconds after which it is cancelled, which is inconclusive.'),
  needs: z
    .array(identifier)
    .optional()
    .describe('Names of earlier gates that must be `pass` (or `partial`) before it runs; without it all.'),
  mutates: z
    .boolean()
    .optional()
    .describe('Whether it changes anything, as its reviewers read it; must be what its kind does.'),
  supplementary: z
    .boolean()
    .default(false)
    .describe(
      'It only reads and runs after a stop too, also one at the first gate, as far as what it needs is there. It never turns another ending into a PASS, and no PASS stands over its failing.',
    ),
  otherwise: z
    .literal('blocked')
    .optional()
    .describe(
      'It is a precondition: where it does not hold, the gate and the run are `blocked`, not `fail`. For gates that only read, before anything on a host is changed.',
    ),
  tolerates: z
    .array(
      z.strictObject({
        check: identifier.describe('A criterion of this gate.'),
        gap: gapId.describe('The known gap of this plan that its failing is a part of.'),
      }),
    )
    .default([])
    .describe(
      'Criteria whose failing makes the gate `partial` instead of `fail`. Not for gates that mutate.',
    ),
  target: identifier.optional().describe('One of `targets`; without it `target`.'),
  artifact: identifier.optional().describe('One of `artifacts`; without it `artifact`.'),
};

export const hostSurveySchema = z.strictObject({
  host: identifier.describe('A host of the plan.'),
  system: z.string().min(1).optional().describe('Regular expression (RE2) over `uname -srm`.'),
  freeBytes: z
    .strictObject({
      path: absolutePath.describe('Where it is looked at.'),
      atLeast: z.int().min(1).describe('Bytes.'),
    })
    .optional()
    .describe('Free space where a path lies.'),
  tools: z
    .strictObject({
      present: z
        .array(z.string().regex(/^[A-Za-z0-9._+-]+$/))
        .default([])
        .describe('Those that must be found.'),
      absent: z
        .array(z.string().regex(/^[A-Za-z0-9._+-]+$/))
        .default([])
        .describe('Those that must not.'),
    })
    .prefault({})
    .describe('Programs that must, or must not, be found.'),
  writable: z.array(absolutePath).default([]).describe('Paths that the login may write to.'),
  notWritable: z.array(absolutePath).default([]).describe('Paths that the login may not write to.'),
  services: z
    .strictObject({
      running: z
        .array(z.string().regex(/^[A-Za-z0-9@._:-]+$/))
        .default([])
        .describe('Those that must run.'),
      notRunning: z
        .array(z.string().regex(/^[A-Za-z0-9@._:-]+$/))
        .default([])
        .describe('Those that must not.'),
    })
    .prefault({})
    .describe('systemd units that must, or must not, be running.'),
});

export const commandProofSchema = z.strictObject({
  command: argv.describe('Argument vector. Never passed through a shell. It must only read.'),
  on: identifier.optional().describe('A host of the plan; without it the worker’s own machine.'),
  directory: absolutePath.describe('Working directory.'),
  timeoutSeconds: z
    .int()
    .min(1)
    .max(7200)
    .default(120)
    .describe('Seconds after which it is ended, which is inconclusive.'),
  expect: z
    .strictObject({
      exitCode: z.int().min(0).max(255).default(0).describe('Its exit code.'),
      stdout: z.string().min(1).optional().describe('Regular expression (RE2) that its output must match.'),
      proofs: z.int().min(1).optional().describe('Its output is a list of proofs, of which so many hold.'),
      tests: z
        .strictObject({
          format: suiteFormat,
          passed: z.int().min(1).describe('Exact number of passing tests.'),
        })
        .optional()
        .describe('Its output is that of a test runner, with exactly so many passing.'),
    })
    .prefault({})
    .describe('What its ending and its output must be.'),
});

export const decideSchema = z.strictObject({
  question: z.string().min(1).max(300).describe('What is asked.'),
  decision: z.string().min(1).max(120).describe('What is decided, such as "do not promote".'),
  reason: z.string().min(1).max(1000).describe('Why it is decided so.'),
  by: z
    .enum(['rule', 'people'])
    .default('rule')
    .describe('`rule`: it holds when all of `when` does. `people`: the approvers of the plan consent to it.'),
  when: z.array(evidenceRefSchema).default([]).describe('What the rule rests on.'),
});

export const gapReviewSchema = z.strictObject({
  mustBeClosed: z.array(gapId).default([]).describe('Gaps of the lineage; one that is not closed fails it.'),
  partialWhileOpen: z
    .array(gapId)
    .default([])
    .describe('Gaps of the lineage; one that is not closed makes it `partial`.'),
});

export const gateSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...common,
    kind: z.enum(plainKinds).describe('What the gate decides; docs/gates.md has one section a kind.'),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('host-survey'),
    with: hostSurveySchema.describe('What the host must be like.'),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('command-proof'),
    with: commandProofSchema.describe('The command, and what it must show.'),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('database-proof'),
    with: z
      .strictObject({
        proofs: z
          .array(databaseProofSchema)
          .min(1)
          .describe(
            'One after the other, each in a transaction of its own; see [database-proof.md](database-proof.md).',
          ),
      })
      .describe('The proofs.'),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('decide'),
    with: decideSchema.describe('The question, and what decides it.'),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('gap-review'),
    with: gapReviewSchema.prefault({}).describe('Which gaps of the lineage count.'),
  }),
]);
export type PlanGate = z.infer<typeof gateSchema>;
export type GateOf<K extends GateKind> = Extract<PlanGate, { kind: K }>;

/** What a gate is called in its run: unique there, and part of its job's id. */
export function keyOf({ name, kind }: Pick<PlanGate, 'name' | 'kind'>): string {
  return name ?? kind;
}
