// The job that carries a gate to a worker. It crosses Redis, where others may write: the authorization in it is signed over
// everything else in it, and a worker believes nothing without it.
import { z } from 'zod';
import { digestOf } from '../evidence/digest.ts';
import type { Claimed } from '../execution/authorization.ts';
import { gapRowSchema, requiredRulingSchema } from '../gaps/schema.ts';
import { planSchema } from '../plan/schema.ts';
import { gateSchema } from '../plan/schema-gates.ts';
import { digest, identifier, json, timestamp } from '../plan/schema-scalars.ts';
import { anchorChoiceSchema } from '../run/anchor-choice.ts';
import { operations } from '../run/events.ts';
import { knownPlaceSchema } from '../run/known-place.ts';

export const gateJobSchema = z.strictObject({
  run: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
  gate: identifier.describe('What the gate is called in its run.'),
  definition: gateSchema.describe('The gate as the plan, or the operation, has it.'),
  attempt: z.int().min(1),
  operation: z.enum(operations),
  mode: z.enum(['LIVE', 'DRYRUN']),
  plan: planSchema,
  planDigest: digest,
  facts: z.record(z.string(), json).describe('Facts of the gates before it that it may use, by kind.'),
  control: z.strictObject({
    machine: z.string(),
    knowledgeBase: z.strictObject({ readable: z.boolean(), writable: z.boolean(), detail: z.string() }),
  }),
  lineage: z
    .strictObject({
      gaps: z.array(gapRowSchema.pick({ id: true, title: true, status: true })),
      rulings: z.array(requiredRulingSchema),
    })
    .describe('What the plan requires of its lineage, as it was when the run was asked for.'),
  requestedAt: timestamp.describe(
    'When the run was asked for; dates the commit, so that a repeated gate makes the same one.',
  ),
  subjectRun: z.string().nullable(),
  anchor: anchorChoiceSchema.optional().describe('What a rollback brings back on the gate’s target.'),
  place: knownPlaceSchema
    .optional()
    .describe('What the ledger knows of the trees at the gate’s target, for a tidy.'),
  revokes: z
    .array(z.strictObject({ nonce: z.string().regex(/^[0-9a-f]{32}$/), notAfter: timestamp }))
    .optional()
    .describe('Authorizations of earlier attempts, which a look takes away on the host.'),
  authorization: z.string().describe('A DSSE envelope as JSON text, over the digest of the rest.'),
});
export type GateJob = z.infer<typeof gateJobSchema>;
export type UnsignedJob = Omit<GateJob, 'authorization'>;

/** What an authorization is signed over: every byte that a worker acts on. */
export function jobDigest(job: UnsignedJob & { readonly authorization?: string }): string {
  const { authorization: _, ...rest } = job;
  return digestOf(rest);
}

/** What a job says of itself, to be compared with what was signed. */
export function claimedBy(job: GateJob): Claimed {
  return { ...job, jobDigest: jobDigest(job) };
}
