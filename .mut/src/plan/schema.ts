// The plan: the reviewed file that says what a run will do. Every type of a plan is derived from this schema.
import { z } from 'zod';
import { approvalSchema } from './schema-approval.ts';
import { claimSchema, forbiddenSchema } from './schema-claims.ts';
import { gapSchema } from './schema-gaps.ts';
import { gateSchema } from './schema-gates.ts';
import { artifactSchema, hostSchema, targetSchema } from './schema-places.ts';
import { probeSchema } from './schema-probes.ts';
import { reportsSchema } from './schema-reports.ts';
import { absolutePath, branchName, commitId, hexSha256, identifier, relativePath } from './schema-scalars.ts';
import { proofsSchema, suiteSchema } from './schema-suites.ts';

export const planSchema = z
  .strictObject({
    apiVersion: z.literal('interlock/v1').describe('Form of the file.'),
    name: identifier.describe('How `/deploy NAME` finds the plan; unique in the plan directories.'),
    title: z.string().min(1).max(150).describe('What the run is for, in one line; heads thread and report.'),
    lineage: identifier.describe('Runs of one lineage hand their open gaps on.'),
    effort: z
      .string()
      .max(40)
      .optional()
      .describe('How much is at stake, in the words of the team; shown in the report.'),
    mode: z
      .enum(['LIVE', 'DRYRUN'])
      .describe('LIVE mutates through the live executor; DRYRUN only says what it would do.'),
    operation: z
      .enum(['deploy', 'rollback'])
      .default('deploy')
      .describe('`rollback`: the plan is the way back from an earlier run; it is started by /rollback.'),
    machine: identifier
      .optional()
      .describe('Identity of the machine whose worker takes precheck; without it `source.machine`.'),
    source: z
      .strictObject({
        machine: identifier.describe('Identity of the machine that holds the source-of-truth repository.'),
        repository: absolutePath.describe('Path of the repository on that machine.'),
        branch: branchName.describe('Branch that the artifact gate moves forward, and the only one.'),
        baseline: commitId.describe(
          'Commit that the change set was written against and that the branch must be at.',
        ),
        previousTag: z.string().optional().describe('What the baseline was released as, for readers.'),
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
        modified: z.int().min(0).describe('How many of the files are there already.'),
        added: z.int().min(0).describe('How many of the files are new.'),
        files: z.record(relativePath, hexSha256).describe('The ratified list: path → sha256.'),
        modes: z
          .record(relativePath, z.enum(['644', '755']))
          .optional()
          .describe(
            'Modes of files that are new: path → mode; 644 for one that is not named. A file that is there already keeps its mode.',
          ),
        removed: z
          .record(relativePath, hexSha256)
          .optional()
          .describe(
            'What the commit deletes: path → sha256 in the baseline; of a symlink that of its target text.',
          ),
      })
      .optional()
      .describe('What is brought into the repository.'),
    commit: z
      .strictObject({
        message: z.string().min(1).max(5000).describe('Message of the commit.'),
        author: z
          .strictObject({
            name: z.string().min(1).describe('Name.'),
            email: z.string().min(3).describe('Mail address.'),
          })
          .describe('Author and committer.'),
      })
      .optional()
      .describe('The one commit that the artifact gate makes.'),
    tests: z
      .record(identifier, suiteSchema)
      .default({})
      .describe('Suites by name. `full` is also run on the host.'),
    forbiddenPatterns: z
      .array(
        z.strictObject({
          pattern: z.string().min(2).describe('Text as it is; no regular expression.'),
          reason: z.string().min(1).describe('Why it may not be there.'),
        }),
      )
      .default([])
      .describe('Texts that may be in no file of the change set and of the tree.'),
    proofs: proofsSchema.optional().describe('Behavioural proofs: claims that a program of the tree shows.'),
    artifact: artifactSchema.optional().describe('The reproducible tarball of the commit.'),
    artifacts: z
      .record(identifier, artifactSchema)
      .default({})
      .describe('More artifacts of the same commit, by the name that gates use.'),
    hosts: z
      .record(identifier, hostSchema)
      .default({})
      .describe('Hosts by the name that the rest of the plan uses.'),
    target: targetSchema.optional().describe('What is exchanged by promote, and brought back by rollback.'),
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
      .default({})
      .describe(
        'Databases by the name that probes and proofs use. They are only ever read, or written in transactions that are always rolled back.',
      ),
    probes: z.array(probeSchema).default([]).describe('Read-only observations; see [probes.md](probes.md).'),
    gates: z
      .array(gateSchema)
      .min(1)
      .describe('What must be decided, in this order; the last one is report. See [gates.md](gates.md).'),
    approval: approvalSchema.describe(
      'Who may do what with runs of this plan, and when not; see [approvals.md](approvals.md).',
    ),
    reports: reportsSchema.describe('Where the report is published; see [reports.md](reports.md).'),
    requires: z
      .strictObject({
        gaps: z.array(z.string().min(1)).default([]).describe('Gaps of the lineage that must be closed.'),
        rulings: z
          .array(
            z.strictObject({
              plan: identifier.describe('Name of the plan.'),
              decision: z
                .enum(['accepted', 'accepted-with-conditions'])
                .default('accepted-with-conditions')
                .describe('The ruling that is enough.'),
            }),
          )
          .default([])
          .describe('Plans whose last finished run must have been ruled at least so.'),
      })
      .prefault({})
      .describe('What must hold of the lineage before this plan runs; otherwise it is blocked at precheck.'),
    passCriteria: z
      .array(claimSchema)
      .default([])
      .describe(
        'What must have held; the report says of each what it rests on. One that is contradicted fails a run that would pass.',
      ),
    forbiddenActions: z
      .array(forbiddenSchema)
      .default([])
      .describe('What must not have been done; the report says of each how that is known.'),
    gaps: z
      .array(gapSchema)
      .default([])
      .describe('Known shortfalls that are disclosed and carried from run to run.'),
    outcomes: z
      .strictObject({
        pass: z.string().min(1).describe('Every required gate passed.'),
        partial: z
          .string()
          .min(1)
          .optional()
          .describe(
            'All that is missing is a known gap, or what a supplementary gate found. Needed where that can be.',
          ),
        blocked: z.string().min(1).describe('A precondition did not hold, or nobody consented.'),
        failed: z.string().min(1).describe('The evidence contradicts a criterion.'),
        inconclusive: z.string().min(1).describe('Something could not be measured.'),
      })
      .describe('What the endings of a run are called.'),
    onFailureAfterPromote: z
      .enum(['rollback', 'hold'])
      .default('rollback')
      .describe('What follows a failed gate once the candidate is live. `hold` asks a human.'),
    next: z
      .strictObject({
        next: z.string().min(1).describe('What comes next after a pass.'),
        // biome-ignore lint/suspicious/noThenProperty: it holds a text, and only a function makes a promise of an object
        then: z.string().optional().describe('What comes after that.'),
        later: z.string().optional().describe('What is left for later.'),
        routeTo: z.string().min(1).describe('Whom the stop is handed to.'),
      })
      .describe('What follows the run; printed in its report.'),
  })
  .describe('An Interlock plan.');

/** A plan as the program uses it: every default filled in. */
export type Plan = z.infer<typeof planSchema>;
export type PlanHost = Plan['hosts'][string];
export type PlanSuite = Plan['tests'][string];
export type PlanClaim = Plan['passCriteria'][number];
export type PlanForbidden = Plan['forbiddenActions'][number];
export type PlanGap = Plan['gaps'][number];
