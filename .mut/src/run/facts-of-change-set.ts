// What the survey of a change set hands on.
import { z } from 'zod';
import { digest, hexSha256, relativePath } from '../plan/schema-scalars.ts';

const count = z.int().min(0);
const mode = z.enum(['100644', '100755']);

export const surveyFactsSchema = z.object({
  files: z.array(
    z.object({
      path: relativePath,
      sha256: hexSha256.describe('Of what ships; of a removed file what the baseline has.'),
      bytes: count,
      change: z.enum(['modified', 'added', 'removed']),
      mode: mode.optional().describe('In which it ships; none for a removed file.'),
      stagedMode: mode.optional().describe('Its mode in the staging directory, where that is another.'),
    }),
  ),
  changeSetDigest: digest,
});
