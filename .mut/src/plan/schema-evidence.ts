// What a claim of a plan rests on.
import { z } from 'zod';
import { mutationFamilies, mutationKinds } from './mutation-kinds.ts';
import { identifier } from './schema-scalars.ts';

const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ');

export const evidenceRefSchema = z
  .union([
    z.strictObject({
      check: z
        .string()
        .regex(/^[a-z0-9._-]+\/[a-z0-9._-]+$/i)
        .describe('A gate’s name (its kind, where it has none) "/" check id, such as survey/digests.'),
    }),
    z.strictObject({ probe: identifier.describe('A probe that must read the same before and after.') }),
    z.strictObject({ proof: z.string().min(1).describe('Id of a proof that held on the promoted tree.') }),
    z.strictObject({
      journal: z
        .string()
        .min(1)
        .describe(
          `A kind of change that the journal of this run does not contain, or a family of kinds (${code(mutationFamilies)}). Kinds: ${code(mutationKinds)}. \`forbiddenActions\` may also name one that Interlock does not have at all, such as \`service.restart\`; the report says so.`,
        ),
    }),
    z.strictObject({
      construction: z
        .string()
        .min(1)
        .describe(
          'A property of Interlock itself, in words; it rests on the program, not on an observation.',
        ),
    }),
  ])
  .describe('What a claim rests on.');
export type EvidenceRef = z.infer<typeof evidenceRefSchema>;
