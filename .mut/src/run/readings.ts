// What probes, suites and proofs were read as: parts of many gates' facts.
import { z } from 'zod';
import { identifier, json, timestamp } from '../plan/schema-scalars.ts';

const count = z.int().min(0);
const text = z.string().min(1);

/** One probe at one moment. `value` is what is compared, `shown` is how people see it ("information_unit 158, …"). */
export const probeReadingSchema = z.object({
  id: identifier,
  title: text,
  kind: text,
  value: json.describe('Null when it could not be read.'),
  shown: z.string(),
  status: z
    .enum(['pass', 'fail', 'inconclusive'])
    .describe('Against what the plan expects of it now; inconclusive when unreadable.'),
  reason: z.string().nullable().describe('Null exactly when the status is pass.'),
  at: timestamp,
  form: z
    .int()
    .optional()
    .describe(
      'How the value is made, where that has changed; missing is the first. Two forms are not compared.',
    ),
  unseen: text
    .optional()
    .describe('Why there was nothing to see, as without systemd: a claim that rests on it is not evidenced.'),
});
export type ProbeReading = z.infer<typeof probeReadingSchema>;

/** One probe before and after, as shown; null where it was not or could not be read. */
export const probeDifferenceSchema = z.object({
  id: identifier,
  title: text,
  before: z.string().nullable(),
  after: z.string().nullable(),
  status: z.enum(['pass', 'fail', 'inconclusive']),
  reason: z.string().nullable(),
  unseen: text
    .optional()
    .describe('Why there was nothing to see, as without systemd: a claim that rests on it is not evidenced.'),
});
export type ProbeDifference = z.infer<typeof probeDifferenceSchema>;

export const suiteCountsSchema = z.object({
  name: text,
  passed: count,
  failed: count,
  skipped: count,
  total: count,
});
export type SuiteCounts = z.infer<typeof suiteCountsSchema>;

export const proofReadingSchema = z.object({
  id: text,
  claim: text,
  holds: z.boolean(),
  detail: z.string().optional(),
});
export type ProofReading = z.infer<typeof proofReadingSchema>;
