// What the ledger knows of the trees of one live path: what a tidy holds against what it finds on the host. It stands in
// `run.requested`, so that everybody can read on what a removal was decided.
import { z } from 'zod';
import { absolutePath, digest, hexSha256, identifier, timestamp } from '../plan/schema-scalars.ts';

const runId = z.string().min(1);
const keptSchema = z.strictObject({ path: absolutePath, digest, ofRun: runId });
export type WayBack = z.infer<typeof keptSchema>;

export const knownPlaceSchema = z.strictObject({
  target: identifier.nullable().describe('As gates name it; null for the plan’s `target`.'),
  host: identifier,
  livePath: absolutePath,
  live: z
    .strictObject({ tree: digest.nullable().describe('Null for nothing.'), at: timestamp, ofRun: runId })
    .nullable()
    .describe('What the last look, or the last change, says is live; null when that is not known.'),
  whyNot: z.string().min(1).nullable().describe('Why it is not known; else null.'),
  changed: z
    .strictObject({ tree: digest.nullable(), ofRun: runId })
    .nullable()
    .describe('What the last change put there, whatever was written into it since; null when none did.'),
  anchor: keptSchema
    .nullable()
    .describe('What a rollback from what is live brings back; null when there is none.'),
  ways: z.array(keptSchema).describe('Every tree that a rollback may bring back, and where it was kept.'),
  runs: z
    .array(
      z.strictObject({
        run: runId,
        ended: z.boolean(),
        candidate: digest.nullable().describe('The tree that it staged; null when that is not known.'),
        artifact: hexSha256.nullable().describe('Of the archive that it uploaded.'),
      }),
    )
    .describe('Those that met this live path.'),
  neighbours: z
    .array(runId)
    .describe('Open runs on live paths of the same directory: scratch directories there may be theirs.'),
});
export type KnownPlace = z.infer<typeof knownPlaceSchema>;
