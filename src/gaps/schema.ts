// The gap register of a lineage, as ledgers and attestations hold it.
import { z } from 'zod';
import { gapStatuses } from '../plan/schema-gaps.ts';
import { digest, identifier, timestamp } from '../plan/schema-scalars.ts';

const text = z.string().min(1);
const status = z.enum(gapStatuses);

export const decisions = ['accepted', 'accepted-with-conditions', 'rejected'] as const;
export type RulingDecision = (typeof decisions)[number];

export const gapChangeSchema = z.strictObject({
  run: text.describe('The run that made the change, or that was ruled on.'),
  from: status.nullable().describe('Null for the first disclosure.'),
  to: status,
  title: text.describe('As it was called from then on.'),
  scope: text,
  by: z.enum(['disclosure', 'finding', 'evidence', 'ruling', 'rollback']),
  of: text
    .optional()
    .describe('Of a rollback: the run whose tree was taken out, and whose evidence counts no more.'),
  rulings: z
    .literal(true)
    .optional()
    .describe('Of a rollback: rulings on that run that had lowered the gap count no more either.'),
  why: text,
  evidence: z.array(text).describe('What the status rests on from then on.'),
  at: timestamp,
});
export type GapChange = z.infer<typeof gapChangeSchema>;

export const gapRowSchema = z.strictObject({
  id: text,
  title: text,
  status,
  scope: text.describe('Which later run is meant to close it.'),
  evidence: z.array(text).describe('What the status rests on; empty for a mere disclosure.'),
  history: z.array(gapChangeSchema).min(1).describe('Every change, the oldest first.'),
});
export type GapRow = z.infer<typeof gapRowSchema>;

/** What a ruling says of one gap. `title` is there when it adds a gap (`open`), or says a known one more sharply. */
export const ruledGapSchema = z.strictObject({
  id: text,
  status: z.enum(['open', 'sharpened', 'partial', 'closed']),
  why: text,
  title: text.optional().describe('The shortfall, in words.'),
  scope: text.optional().describe('Which later run is meant to close it.'),
});
export type RuledGap = z.infer<typeof ruledGapSchema>;

/** How the last finished run of a plan that is required was ruled on, when the run was asked for. */
export const requiredRulingSchema = z.strictObject({
  plan: identifier,
  run: z.string().nullable().describe('Null when no run of that plan has finished in this lineage.'),
  decision: z.enum(decisions).nullable().describe('Null when nobody has ruled on it.'),
  by: z.string().nullable(),
  at: timestamp.nullable(),
  head: digest.nullable().describe('Hash of the ledger’s event that holds the ruling.'),
});
export type RequiredRuling = z.infer<typeof requiredRulingSchema>;
