// The plan: the reviewed file that says what a run will do. Every type of a plan is derived from this schema.
import { z } from 'zod';
import { approvalSchema } from './schema-approval.ts';
import { probeSchema } from './schema-probes.ts';
import { reportsSchema } from './schema-reports.ts';
import {
  absolutePath,
  argv,
  branchName,
  commitId,
  hexSha256,
  identifier,
  relativePath,
} from './schema-scalars.ts';

const hostSchema = z
  .strictObject({
    address: z.string().min(1).describe('DNS name or IP address of the host.'),
    port: z.int().min(1).max(65535).default(22).describe('TCP port of its SSH server.'),
    user: z
      .string()
      .regex(/^[a-z_][a-z0-9_.-]*$/i)
      .describe('Login name on the host.'),
    hostKey: z
      .string()
      .regex(
        /^(ssh-ed25519|ecdsa-sha2-nistp256|ecdsa-sha2-nistp384|ecdsa-sha2-nistp521|ssh-rsa) [A-Za-z0-9+/]+=*$/,
      )
      .describe(
        'Pinned public key of the host, as `ssh-keyscan` prints it without the host name: "ssh-ed25519 AAAA…".',
      ),
    credential: identifier
      .default('default')
      .describe('Name of the private key in the worker’s configuration.'),
  })
  .describe('A machine that is reached over SSH.');

const suiteSchema = z.strictObject({
  command: argv.describe(
    'Argument vector, run in the root of the tree under test. Never passed through a shell.',
  ),
  format: z
    .enum(['tap', 'node-test', 'junit', 'vitest-json', 'pytest'])
    .describe('Format of its standard output.'),
  expect: z
    .strictObject({
      passed: z.int().min(1).describe('Exact number of passing tests; fewer or more is a fail.'),
    })
    .describe('Counts are part of the criterion.'),
  timeoutSeconds: z.int().min(1).max(7200).default(600),
});

const proofsSchema = z.strictObject({
  command: argv,
  expect: z.int().min(1).describe('Number of proofs that must hold; a proof that is missing did not hold.'),
  timeoutSeconds: z.int().min(1).max(7200).default(120),
});

export const gateKinds = [
  'precheck',
  'survey',
  'reconcile',
  'test',
  'artifact',
  'stage',
  'promote',
  'prove',
  'rollback-readiness',
  'rollback',
  'verify',
  'report',
] as const;
export type GateKind = (typeof gateKinds)[number];

const gateSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,15}$/)
    .describe(
      'Label in thread and report, such as G0. Two gates may share one (stage and promote are both G5).',
    ),
  kind: z.enum(gateKinds).describe('What the gate decides; docs/gates.md has one section a kind.'),
  title: z.string().min(1).max(120),
  role: identifier
    .default('ssot')
    .describe('Role of the workers that may take it. `report` always runs in the control plane.'),
  timeoutSeconds: z.int().min(1).max(86400).default(1800),
});

const evidenceRefSchema = z
  .union([
    z.strictObject({
      check: z
        .string()
        .regex(/^[a-z-]+\/[a-z0-9-]+$/i)
        .describe('gate kind "/" check id, such as survey/ratified-digests'),
    }),
    z.strictObject({ probe: identifier.describe('A probe that must read the same before and after.') }),
    z.strictObject({ proof: z.string().min(1).describe('Id of a proof that held on the promoted tree.') }),
    z.strictObject({
      journal: z
        .string()
        .min(1)
        .describe(
          'A kind of mutation that the journal of this run does not contain, such as service.restart or file.delete.',
        ),
    }),
    z.strictObject({
      construction: z
        .string()
        .min(1)
        .describe(
          'A property of Interlock itself, in words; it rests on the program, not on an observation.',
        ),
    }),
  ])
  .describe('What a claim rests on.');
export type EvidenceRef = z.infer<typeof evidenceRefSchema>;

const claimSchema = z.strictObject({
  id: identifier,
  title: z.string().min(1).max(200),
  evidence: z
    .array(evidenceRefSchema)
    .default([])
    .describe('Without an entry the report says "not evidenced".'),
});

const gapSchema = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/),
  title: z.string().min(1).max(300),
  status: z.enum(['open', 'partial', 'sharpened', 'closed']).default('open'),
  scope: z.string().min(1).max(300).describe('Which later run is meant to close it.'),
});

export const planSchema = z
  .strictObject({
    apiVersion: z.literal('interlock/v1'),
    name: identifier.describe('How `/deploy NAME` finds the plan; unique in the plan directories.'),
    title: z.string().min(1).max(150),
    lineage: identifier.describe('Runs of one lineage hand their open gaps on.'),
    effort: z.string().max(40).optional(),
    mode: z
      .enum(['LIVE', 'DRYRUN'])
      .describe('LIVE mutates through the live executor; DRYRUN only says what it would do.'),
    source: z
      .strictObject({
        machine: identifier.describe('Identity of the machine that holds the source-of-truth repository.'),
        repository: absolutePath,
        branch: branchName,
        baseline: commitId.describe(
          'Commit that the change set was written against and that the branch must be at.',
        ),
        previousTag: z.string().optional(),
      })
      .describe('The SSOT repository.'),
    changeSet: z.strictObject({
      directory: absolutePath.describe('Staged files, laid out as in the repository.'),
      ratifiedList: relativePath
        .optional()
        .describe(
          'The list as the reviewers left it (sha256sum form), inside the directory; must say the same as `files`.',
        ),
      modified: z.int().min(0),
      added: z.int().min(0),
      files: z.record(relativePath, hexSha256).describe('The ratified list: path → sha256.'),
    }),
    commit: z.strictObject({
      message: z.string().min(1).max(5000),
      author: z.strictObject({ name: z.string().min(1), email: z.string().min(3) }),
    }),
    tests: z.record(identifier, suiteSchema).describe('Suites by name. `full` is also run on the host.'),
    forbiddenPatterns: z
      .array(z.strictObject({ pattern: z.string().min(2), reason: z.string().min(1) }))
      .default([]),
    proofs: proofsSchema,
    artifact: z.strictObject({
      name: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._{}-]*$/)
        .describe('File name without ending; {commit} is the short commit id.'),
      exclude: z.array(z.string().min(1)).default([]).describe('Globs of tracked files to leave out.'),
    }),
    hosts: z.record(identifier, hostSchema),
    target: z.strictObject({
      host: identifier,
      livePath: absolutePath.describe('The directory that is exchanged.'),
      keepBackups: z.int().min(1).default(5),
    }),
    databases: z
      .record(
        identifier,
        z.strictObject({
          secret: identifier.describe('Name of the connection string in the worker’s configuration.'),
          via: identifier.optional().describe('Host through which the database is reached (SSH forward).'),
        }),
      )
      .default({}),
    probes: z.array(probeSchema).default([]),
    gates: z.array(gateSchema).min(1),
    approval: approvalSchema,
    reports: reportsSchema,
    passCriteria: z.array(claimSchema).default([]),
    forbiddenActions: z.array(claimSchema).default([]),
    gaps: z.array(gapSchema).default([]),
    outcomes: z.strictObject({
      pass: z.string().min(1),
      blocked: z.string().min(1),
      failed: z.string().min(1),
      inconclusive: z.string().min(1),
    }),
    onFailureAfterPromote: z
      .enum(['rollback', 'hold'])
      .default('rollback')
      .describe('What follows a failed gate once the candidate is live. `hold` asks a human.'),
    next: z.strictObject({
      next: z.string().min(1),
      // biome-ignore lint/suspicious/noThenProperty: it holds a text, and only a function makes a promise of an object
      then: z.string().optional(),
      later: z.string().optional(),
      routeTo: z.string().min(1).describe('Whom the stop is handed to.'),
    }),
  })
  .describe('An Interlock plan.');

/** A plan as the program uses it: every default filled in. */
export type Plan = z.infer<typeof planSchema>;
export type PlanGate = Plan['gates'][number];
export type PlanHost = Plan['hosts'][string];
export type PlanSuite = Plan['tests'][string];
export type PlanClaim = Plan['passCriteria'][number];
export type PlanGap = Plan['gaps'][number];
