// The statement of a ruling: an in-toto statement about the bundle of a run that had ended, in a DSSE envelope by the control
// plane's key. The bundle itself stays as it is.
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { decisions, ruledGapSchema } from '../gaps/schema.ts';
import { digest, timestamp } from '../plan/schema-scalars.ts';
import { AttestationError } from './attestation-error.ts';
import { signEnvelope, verifyEnvelope } from './dsse.ts';
import type { SigningKey, TrustedKey } from './keys.ts';
import { payloadType, statementType } from './statement.ts';

export const rulingType = 'https://interlock.dev/attestation/ruling/v1';

/** What a bundle is called in every package. */
export const bundleName = 'evidence.intoto.jsonl';

const text = z.string().min(1);

export const rulingPredicateSchema = z.strictObject({
  run: text,
  number: z.int().min(1).describe('Of the rulings on this run, from 1; the last one holds.'),
  by: z.strictObject({ id: text, name: text }),
  decision: z.enum(decisions),
  text: z.string().describe('Empty for a reaction.'),
  conditions: z.array(text),
  gaps: z.array(ruledGapSchema),
  nextPlan: text.nullable(),
  via: z.enum(['command', 'reaction', 'modal']),
  ruledAt: timestamp,
  ledger: z
    .strictObject({ seq: z.int().min(1), head: digest })
    .describe('The event of the ruling: the head of the ledger after it.'),
  document: z
    .strictObject({ name: text, digest })
    .describe('The final document with the rulings so far, as revision 0.'),
});
export type RulingPredicate = z.infer<typeof rulingPredicateSchema>;

const statementSchema = z.strictObject({
  _type: z.literal(statementType),
  subject: z.tuple([
    z.strictObject({
      name: text,
      digest: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
    }),
  ]),
  predicateType: z.literal(rulingType),
  predicate: rulingPredicateSchema,
});

/** Signs a ruling on the run whose bundle this is. The text ends in a newline. */
export function signRuling(
  predicate: RulingPredicate,
  bundle: { readonly name: string; readonly digest: string },
  key: SigningKey,
): string {
  const statement = statementSchema.parse({
    _type: statementType,
    subject: [{ name: bundle.name, digest: { sha256: bundle.digest.replace(/^sha256:/, '') } }],
    predicateType: rulingType,
    predicate,
  });
  return `${JSON.stringify(signEnvelope(payloadType, canonicalize(statement) ?? '', key))}\n`;
}

/**
 * Opens the statement of a ruling on exactly this bundle. Throws AttestationError as `verifyEnvelope` does,
 * `malformed-statement`, `ruling-mismatch` when it is on another bundle, and `key-not-valid-then`.
 */
export function openRuling(
  envelope: string,
  bundleText: string,
  keys: readonly TrustedKey[],
): RulingPredicate {
  const { payload, keyId } = verifyEnvelope(
    envelope.trimEnd(),
    payloadType,
    keys.map(({ key }) => key),
  );
  const { subject, predicate } = readStatement(payload.toString('utf8'));
  if (subject[0].name !== bundleName)
    throw new AttestationError(
      'ruling-mismatch',
      `expected a ruling on ${bundleName}, got one on ${subject[0].name}`,
    );
  const sha256 = createHash('sha256').update(bundleText).digest('hex');
  if (subject[0].digest.sha256 !== sha256)
    throw new AttestationError(
      'ruling-mismatch',
      `expected a ruling on the bundle sha256:${sha256}, got one on sha256:${subject[0].digest.sha256}`,
    );
  const key = keys.find((each) => each.keyId === keyId);
  const at = new Date(predicate.ruledAt);
  if ((key?.validAfter && at < key.validAfter) || (key?.validBefore && at >= key.validBefore))
    throw new AttestationError(
      'key-not-valid-then',
      `expected a ruling within the time in which ${keyId} is trusted, got one of ${predicate.ruledAt}`,
    );
  return predicate;
}

function readStatement(payload: string): z.infer<typeof statementSchema> {
  const parsed = statementSchema.safeParse(parseJson(payload));
  if (!parsed.success || canonicalize(parsed.data) !== payload)
    throw new AttestationError(
      'malformed-statement',
      `expected a ${rulingType} statement in RFC 8785 form, got another payload`,
    );
  return parsed.data;
}

function parseJson(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return null;
  }
}
