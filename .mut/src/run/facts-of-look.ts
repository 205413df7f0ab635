// What a look at a live path hands on.
import { z } from 'zod';
import { absolutePath, digest, identifier, timestamp } from '../plan/schema-scalars.ts';

const text = z.string().min(1);
const inode = text.describe('Device, inode number and time of birth, such as 2049:131.1796069162.457243096.');

export const lookFactsSchema = z.object({
  host: identifier,
  livePath: absolutePath,
  at: timestamp.describe('When it was read, by the worker’s clock.'),
  fence: text.describe('Token of the fence behind which it was read: no earlier command acts any more.'),
  tree: z
    .object({ digest, files: z.int().min(0).optional() })
    .nullable()
    .describe('What is live; null for nothing, and for what is no tree.'),
  strange: text.nullable().describe('In words, what stands there that is no plain tree; else null.'),
  inode: inode.nullable().describe('Of the directory that is live; null for nothing.'),
  begun: z
    .object({ gate: identifier, live: inode.nullable(), incoming: inode.nullable() })
    .nullable()
    .describe(
      'The last exchange that the host’s journal says this run has begun, with the directories before it.',
    ),
  beside: z
    .array(z.object({ path: absolutePath, digest: digest.nullable(), strange: text.nullable() }))
    .describe('Trees of this run that lie beside the live path.'),
});
export type LookFacts = z.infer<typeof lookFactsSchema>;
