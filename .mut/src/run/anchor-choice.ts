// What a rollback that somebody asked for brings back: chosen from the ledger when it was asked for, and approved as such.
import { z } from 'zod';
import { absolutePath, digest, identifier } from '../plan/schema-scalars.ts';

export const anchorChoiceSchema = z.strictObject({
  target: identifier.nullable().describe('As gates name it; null for the plan’s `target`.'),
  host: identifier,
  livePath: absolutePath,
  path: absolutePath.nullable().describe('Where it lies; null when nothing is to be live again.'),
  digest: digest.nullable().describe('Its tree digest; null when nothing is to be live again.'),
  ofRun: z.string().describe('The run that replaced this tree and kept it.'),
  why: z.string().min(1).describe('Why this one, in words.'),
});
export type AnchorChoice = z.infer<typeof anchorChoiceSchema>;
