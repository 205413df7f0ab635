// What a tidy hands on: what it found beside a live path, and what it removed.
import { z } from 'zod';
import { absolutePath, digest, identifier, timestamp } from '../plan/schema-scalars.ts';

const text = z.string().min(1);

export const leftoverSchema = z.object({
  path: text,
  what: z
    .enum([
      'candidate',
      'only copy',
      'way back',
      'backup',
      'taken out',
      'part',
      'archive',
      'rehearsal',
      'scratch',
      'not known',
      'not ours',
    ])
    .describe('What it is, by its content, the host’s journal and the ledger; its name alone says nothing.'),
  says: text.describe('The same in a sentence.'),
  tree: digest
    .nullable()
    .describe('Its tree digest; null for what is no plain tree, or was not looked into.'),
  run: text.nullable().describe('The run in its name.'),
  kept: z.boolean(),
  why: text.describe('Why it is kept, or why it may go.'),
  next: text.nullable().describe('What to type about it; null for nothing.'),
});
export type Leftover = z.infer<typeof leftoverSchema>;

export const tidyFactsSchema = z.object({
  host: identifier,
  livePath: absolutePath,
  at: timestamp.describe('When it was looked at, by the worker’s clock.'),
  live: z
    .object({ tree: digest.nullable(), known: z.boolean(), says: text })
    .describe('What is live, and whether the ledger or the host’s journal says that it is that.'),
  found: z
    .array(leftoverSchema)
    .describe('In the order of the paths, as it was before anything was removed.'),
  removed: z.array(z.object({ path: text, why: text })).describe('By this run; none where it only lists.'),
});
export type TidyFacts = z.infer<typeof tidyFactsSchema>;
