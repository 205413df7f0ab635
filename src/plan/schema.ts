// The plan: the reviewed file that says what a run will do. Every type of a plan is derived from this schema.
import { z } from 'zod';
import { approvalSchema } from './schema-approval.ts';
import { evidenceRefSchema } from './schema-evidence.ts';
import { gateSchema } from './schema-gates.ts';
import { probeSchema } from './schema-probes.ts';
import { reportsSchema } from './schema-reports.ts';
import { absolutePath, branchName, commitId, hexSha256, identifier, relativePath } from './schema-scalars.ts';
import { proofsSchema, suiteSchema } from './schema-suites.ts';

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

const artifactSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._{}-]*$/)
    .describe('File name without ending; {commit} is the short commit id.'),
  exclude: z.array(z.string().min(1)).default([]).describe('Globs of tracked files to leave out.'),
});

const targetSchema = z.strictObject({
  host: identifier,
  livePath: absolutePath.describe('The directory that is exchanged.'),
  first: z
    .boolean()
    .default(false)
    .describe('Nothing is live there yet: the anchor is "absent", and the way back is removal.'),
  keepBackups: z.int().min(1).default(5).describe('Backups that are kept, the newest first.'),
  keepBackupDays: z
    .int()
    .min(1)
    .max(3650)
    .optional()
    .describe('Backups older than this are removed too. The anchor of what is live never is.'),
});
export type PlanTarget = z.infer<typeof targetSchema>;

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
    operation: z
      .enum(['deploy', 'rollback'])
      .optional()
      .describe('What the plan is for; without it `deploy`. A `rollback` is started by /rollback NAME.'),
    machine: identifier
      .optional()
      .describe('Identity of the machine whose worker takes precheck; without it `source.machine`.'),
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
      .optional()
      .describe('The SSOT repository.'),
    changeSet: z
      .strictObject({
        directory: absolutePath.describe('Staged files, laid out as in the repository.'),
        ratifiedList: relativePath
          .optional()
          .describe(
            'The list as the reviewers left it (sha256sum form), inside the directory; must say the same as `files`.',
          ),
        modified: z.int().min(0),
        added: z.int().min(0),
        files: z.record(relativePath, hexSha256).describe('The ratified list: path → sha256.'),
      })
      .optional()
      .describe('What is brought into the repository.'),
    commit: z
      .strictObject({
        message: z.string().min(1).max(5000),
        author: z.strictObject({ name: z.string().min(1), email: z.string().min(3) }),
      })
      .optional()
      .describe('The one commit that the artifact gate makes.'),
    tests: z
      .record(identifier, suiteSchema)
      .default({})
      .describe('Suites by name. `full` is also run on the host.'),
    forbiddenPatterns: z
      .array(z.strictObject({ pattern: z.string().min(2), reason: z.string().min(1) }))
      .default([]),
    proofs: proofsSchema.optional(),
    artifact: artifactSchema.optional(),
    artifacts: z
      .record(identifier, artifactSchema)
      .default({})
      .describe('More artifacts of the same commit, by the name that gates use.'),
    hosts: z.record(identifier, hostSchema).default({}),
    target: targetSchema.optional(),
    targets: z
      .record(identifier, targetSchema)
      .default({})
      .describe('More live paths, by the name that gates use.'),
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
    requires: z
      .strictObject({
        gaps: z.array(z.string().min(1)).default([]).describe('Gaps of the lineage that must be closed.'),
        rulings: z
          .array(
            z.strictObject({
              plan: identifier,
              decision: z.enum(['accepted', 'accepted-with-conditions']).default('accepted-with-conditions'),
            }),
          )
          .default([])
          .describe('Plans whose last finished run must have been ruled at least so.'),
      })
      .prefault({})
      .describe('What must hold of the lineage before this plan runs; otherwise it is blocked at precheck.'),
    passCriteria: z.array(claimSchema).default([]),
    forbiddenActions: z.array(claimSchema).default([]),
    gaps: z.array(gapSchema).default([]),
    outcomes: z.strictObject({
      pass: z.string().min(1),
      partial: z.string().min(1).optional(),
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
export type PlanHost = Plan['hosts'][string];
export type PlanSuite = Plan['tests'][string];
export type PlanClaim = Plan['passCriteria'][number];
export type PlanGap = Plan['gaps'][number];
