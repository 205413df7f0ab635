// Claims of a plan: what must have held, and what must not have been done.
import { z } from 'zod';
import { actNames } from './acts.ts';
import { evidenceRefSchema } from './schema-evidence.ts';
import { identifier } from './schema-scalars.ts';

export const claimSchema = z.strictObject({
  id: identifier.describe('Name of the claim; unique in its list.'),
  title: z.string().min(1).max(200).describe('The claim, in words.'),
  evidence: z
    .array(evidenceRefSchema)
    .default([])
    .describe('Without an entry the report says "not evidenced".'),
});

/** `act` may be missing in plans of recorded runs; `plan check` asks for it wherever there is evidence. */
export const forbiddenSchema = claimSchema.extend({
  act: z
    .enum(actNames)
    .optional()
    .describe(
      'What exactly was not done: no more than the evidence can show. Needed wherever there is evidence; see [probes.md](probes.md#what-a-claim-can-say).',
    ),
});
