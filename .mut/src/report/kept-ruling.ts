// What is kept of a ruling beside the bundle, and shown in the thread.
import { z } from 'zod';
import { digest } from '../plan/schema-scalars.ts';

const file = z.strictObject({ name: z.string().min(1), digest });

export const keptRulingSchema = z.strictObject({
  number: z.int().min(1),
  statement: file.describe('The signed statement, a DSSE envelope.'),
  ledger: file.describe('The run’s ledger up to the ruling.'),
  document: file.extend({ revision: z.int().min(0).describe('0 when it was not published.') }),
  publication: z.strictObject({ published: z.boolean(), detail: z.string() }),
});
export type KeptRuling = z.infer<typeof keptRulingSchema>;
