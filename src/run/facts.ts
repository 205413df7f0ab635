// What each kind of gate hands on. A job builds its facts in this form, later gates and reports read them in it.
import { z } from 'zod';
import { EXCHANGE_WAYS } from '../host/exchange-programs.ts';
import type { Json } from '../plan/schema-scalars.ts';
import {
  absolutePath,
  commitId,
  digest,
  hexSha256,
  identifier,
  relativePath,
  timestamp,
} from '../plan/schema-scalars.ts';
import { surveyFactsSchema } from './facts-of-change-set.ts';
import {
  commandProofFactsSchema,
  databaseProofGateFactsSchema,
  decideFactsSchema,
  gapReviewFactsSchema,
  hostSurveyFactsSchema,
  probesFactsSchema,
} from './facts-of-findings.ts';
import { lookFactsSchema } from './facts-of-look.ts';
import { tidyFactsSchema } from './facts-of-tidy.ts';
import {
  probeDifferenceSchema,
  probeReadingSchema,
  proofReadingSchema,
  suiteCountsSchema,
} from './readings.ts';

const count = z.int().min(0);
const text = z.string().min(1);

/** A directory by its tree digest (src/artifact/tree-digest.ts). */
export const treeSchema = z.object({ digest, files: count.optional() });
export type Tree = z.infer<typeof treeSchema>;

export const precheckFactsSchema = z.object({
  machine: text.describe('Identity of the machine that decided the gate.'),
  repository: z
    .object({ path: absolutePath, branch: text, head: commitId, clean: z.boolean() })
    .nullable()
    .describe('Null for a plan without one.'),
  hosts: z.array(z.object({ name: identifier, hostKey: text, system: z.string() })),
  probes: z.array(probeReadingSchema),
});
export type PrecheckFacts = z.infer<typeof precheckFactsSchema>;

export type SurveyFacts = z.infer<typeof surveyFactsSchema>;

export const reconcileFactsSchema = z.object({
  baseline: commitId,
  overlaid: z.array(relativePath),
  tree: text.describe('Id of the overlaid tree: a git tree id or a tree digest.'),
});
export type ReconcileFacts = z.infer<typeof reconcileFactsSchema>;

export const testFactsSchema = z.object({
  suites: z.array(suiteCountsSchema),
  proofs: z.array(proofReadingSchema),
  forbiddenPatterns: z.array(z.object({ pattern: text, matches: count })),
  secrets: z.object({ findings: count }),
});
export type TestFacts = z.infer<typeof testFactsSchema>;

export const manifestEntrySchema = z.object({
  path: relativePath,
  sha256: hexSha256,
  bytes: count,
  mode: z.union([text, count]),
});
export type ManifestEntryFacts = z.infer<typeof manifestEntrySchema>;

export const artifactFactsSchema = z.object({
  commit: commitId,
  parent: commitId,
  branch: text,
  subject: text.describe('First line of the commit message.'),
  insertions: count,
  deletions: count,
  filesChanged: count,
  artifact: z.object({ name: text, sha256: hexSha256, bytes: count, tarSha256: hexSha256, files: count }),
  manifest: z.object({ name: text, sha256: hexSha256, entries: z.array(manifestEntrySchema) }),
});
export type ArtifactFacts = z.infer<typeof artifactFactsSchema>;

export const stageFactsSchema = z.object({
  host: identifier,
  stagedPath: absolutePath,
  livePath: absolutePath,
  liveTree: treeSchema
    .nullable()
    .describe('What was live when it was staged: the later anchor must equal it. Null for nothing.'),
  stagedTree: treeSchema,
  suites: z.array(suiteCountsSchema),
  transfer: z.object({ bytes: count, ms: z.number().min(0), sha256: hexSha256 }),
  backupPath: absolutePath.nullable().describe('Null for a first deploy, which has nothing to keep.'),
  rollbackCommands: z.array(text),
  exchangeWay: z
    .enum(EXCHANGE_WAYS)
    .describe(
      'How two trees can be exchanged there, or a first one be named without replacing any, by trial.',
    ),
});
export type StageFacts = z.infer<typeof stageFactsSchema>;

export const driftFactsSchema = z.object({
  liveTree: treeSchema.nullable().describe('Null for nothing.'),
  branchHead: commitId
    .nullable()
    .describe('Head of the branch of the SSOT repository; null on the way back.'),
  probes: z.array(probeReadingSchema),
});
export type DriftFacts = z.infer<typeof driftFactsSchema>;

export const promoteFactsSchema = z.object({
  host: identifier,
  livePath: absolutePath,
  backupPath: absolutePath.nullable().describe('Null when nothing was live before.'),
  liveSince: z.iso
    .datetime()
    .nullable()
    .optional()
    .describe(
      'When it was asked to become live; null when an earlier attempt did it. Earlier versions wrote none.',
    ),
  liveTree: treeSchema,
  backupTree: treeSchema.nullable().describe('Null when nothing was live before.'),
  exchangeWay: z.enum(EXCHANGE_WAYS).describe('How the two trees were exchanged, or the first one named.'),
});
export type PromoteFacts = z.infer<typeof promoteFactsSchema>;

export const proveFactsSchema = z.object({
  suites: z.array(suiteCountsSchema),
  proofs: z.array(proofReadingSchema),
  liveTree: treeSchema,
  probes: z.array(probeDifferenceSchema),
});
export type ProveFacts = z.infer<typeof proveFactsSchema>;

export const rollbackReadinessFactsSchema = z.object({
  anchor: z
    .object({ path: absolutePath, digest })
    .nullable()
    .describe('What becomes live again. Null when nothing was live before: the way back is removal.'),
  ofRun: z.string().optional().describe('The run whose backup it is, where one was chosen.'),
  why: z.string().optional().describe('Why it was chosen.'),
  position: z
    .enum(['before', 'exchanged', 'done'])
    .optional()
    .describe('How far the promote had come that is taken back, by a look at the host.'),
  commands: z.array(text).describe('None where nothing has to be taken back.'),
  rehearsed: z.boolean(),
  rehearsal: z.array(z.object({ title: text, status: z.enum(['pass', 'fail']), detail: z.string() })),
  pruned: z
    .array(z.object({ path: absolutePath, why: text }))
    .optional()
    .describe('Old trees that were removed, by the host’s own journal.'),
});
export type RollbackReadinessFacts = z.infer<typeof rollbackReadinessFactsSchema>;

export const rollbackFactsSchema = z.object({
  host: identifier,
  livePath: absolutePath,
  restoredTree: treeSchema.nullable().describe('Null when nothing is live again.'),
  anchorPath: absolutePath.nullable().optional().describe('Where the restored tree stood until then.'),
  badPath: absolutePath
    .nullable()
    .describe('Where the tree that was taken out of service lies now; null when none was.'),
  badTree: treeSchema.nullable().optional(),
});
export type RollbackFacts = z.infer<typeof rollbackFactsSchema>;

export const reportFactsSchema = z.object({
  documents: z.array(
    z.object({
      name: text,
      title: text,
      digest,
      revision: z.int().min(0).describe('0 when it was not published.'),
    }),
  ),
  bundle: z.object({ name: text, digest }),
  files: z
    .array(z.object({ name: text, digest }))
    .describe(
      'What a verifier needs beside the bundle: key, ledger up to the signing, signature, allowed signers.',
    ),
  publication: z
    .object({ published: z.boolean(), detail: text })
    .describe('Whether the documents are in the knowledge base; failing there does not change the verdict.'),
  ledgerHead: digest.describe('Head of the ledger at the time of signing.'),
  keyId: text,
  anchored: z
    .object({ authority: text, at: timestamp.nullable(), reason: text.nullable() })
    .optional()
    .describe('What a time stamp authority said of that head; missing when none is configured.'),
  verifyCommand: text.describe('To be typed in a directory that holds the bundle and these files.'),
});
export type ReportFacts = z.infer<typeof reportFactsSchema>;

export const factsSchemas = {
  precheck: precheckFactsSchema,
  survey: surveyFactsSchema,
  reconcile: reconcileFactsSchema,
  test: testFactsSchema,
  artifact: artifactFactsSchema,
  stage: stageFactsSchema,
  drift: driftFactsSchema,
  promote: promoteFactsSchema,
  prove: proveFactsSchema,
  'rollback-readiness': rollbackReadinessFactsSchema,
  rollback: rollbackFactsSchema,
  'observe-live': lookFactsSchema,
  tidy: tidyFactsSchema,
  verify: proveFactsSchema,
  probes: probesFactsSchema,
  'host-survey': hostSurveyFactsSchema,
  'command-proof': commandProofFactsSchema,
  'database-proof': databaseProofGateFactsSchema,
  decide: decideFactsSchema,
  'gap-review': gapReviewFactsSchema,
  report: reportFactsSchema,
} as const;

export type FactsKind = keyof typeof factsSchemas;
export type FactsOf<K extends FactsKind> = z.infer<(typeof factsSchemas)[K]>;

/** Facts of one gate in full: what a later gate depends on. Throws a ZodError that names each missing field. */
export function requireFacts<K extends FactsKind>(kind: K, facts: Json | undefined): FactsOf<K> {
  return factsSchemas[kind].parse(facts) as FactsOf<K>;
}

/** Whatever of a gate's facts is there and well-formed: a gate that stopped half-way still has something to report. */
export function readFacts<K extends FactsKind>(kind: K, facts: Json | undefined): Partial<FactsOf<K>> {
  const given = z.record(z.string(), z.unknown()).safeParse(facts);
  if (!given.success) return {};
  const fields = Object.entries(factsSchemas[kind].shape).flatMap(([name, schema]: [string, z.ZodType]) => {
    const field = schema.safeParse(given.data[name]);
    return field.success && field.data !== undefined ? [[name, field.data] as const] : [];
  });
  return Object.fromEntries(fields) as Partial<FactsOf<K>>;
}
