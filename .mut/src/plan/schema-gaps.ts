// Known shortfalls, as a plan discloses them.
import { z } from 'zod';
import { evidenceRefSchema } from './schema-evidence.ts';

export const gapStatuses = ['open', 'partial', 'sharpened', 'closed'] as const;
export type GapStatus = (typeof gapStatuses)[number];

export const gapSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/)
    .describe('Name of the gap; unique in the lineage.'),
  title: z
    .string()
    .min(1)
    .max(300)
    .describe('The shortfall, in words. Other words for a known gap sharpen it.'),
  status: z
    .enum(gapStatuses)
    .default('open')
    .describe('As its author sees it. A plan that only says `closed` or `partial` closes nothing.'),
  scope: z.string().min(1).max(300).describe('Which later run is meant to close it.'),
  closes: z
    .array(evidenceRefSchema)
    .default([])
    .describe(
      'What closes it: once all of it supports that, and the run ends PASS or PARTIAL. With `status: partial` it becomes `partial`.',
    ),
  opens: z
    .array(evidenceRefSchema)
    .min(1)
    .optional()
    .describe(
      'It is disclosed, or sharpened to these words, only by a run that finds it: one in which some of this does not hold. A closed one is open again then.',
    ),
});
