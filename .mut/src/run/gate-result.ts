// What a gate's job gives back. It crosses a process border, so both sides parse it with this schema.
import { z } from 'zod';
import { mutationKinds } from '../plan/mutation-kinds.ts';
import { digest, json, timestamp } from '../plan/schema-scalars.ts';

export const gateStatuses = ['pass', 'partial', 'fail', 'blocked', 'inconclusive', 'not-run'] as const;
export type GateStatus = (typeof gateStatuses)[number];

export const reasonSchema = z.strictObject({
  code: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/)
    .describe('Closed word for programs, such as baseline-drift.'),
  text: z.string().min(1).describe('One sentence for people: what was expected, what came, what to do.'),
});
export type Reason = z.infer<typeof reasonSchema>;

/** One criterion of a gate, with what was expected, what was seen, and the evidence for it. */
export const checkSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/i),
  title: z.string().min(1),
  status: z.enum(['pass', 'partial', 'fail', 'blocked', 'inconclusive']),
  gap: z
    .string()
    .optional()
    .describe('For `partial`: the known gap of the plan that its failing is a part of.'),
  expected: z.string().optional(),
  actual: z.string(),
  evidence: z.array(digest).default([]),
});
export type Check = z.infer<typeof checkSchema>;

/** Captured bytes. `text` travels with the job's result and is moved to the evidence store before the ledger sees it. */
export const evidenceSchema = z.strictObject({
  digest,
  bytes: z.int().min(0),
  title: z.string().min(1),
  mediaType: z.string().min(1),
  text: z.string().optional(),
});
export type Evidence = z.infer<typeof evidenceSchema>;

/** One change to the world, written to the run's journal by the executor that made it. */
export const mutationSchema = z.strictObject({
  kind: z.enum(mutationKinds),
  machine: z.string().min(1),
  target: z.string().min(1),
  detail: z.string(),
  at: timestamp,
  simulated: z.boolean(),
});
export type Mutation = z.infer<typeof mutationSchema>;

export const gateResultSchema = z.strictObject({
  gate: z.string().min(1),
  attempt: z.int().min(1),
  status: z.enum(gateStatuses),
  reason: reasonSchema.nullable().describe('Null exactly when the status is pass.'),
  machine: z.string().min(1).describe('Identity of the machine that decided the gate.'),
  startedAt: timestamp,
  finishedAt: timestamp,
  checks: z.array(checkSchema),
  facts: z.record(z.string(), json).describe('What later gates and reports use.'),
  mutations: z.array(mutationSchema),
  evidence: z.array(evidenceSchema),
});
export type GateResult = z.infer<typeof gateResultSchema>;
