// A gate's result as it travels back: signed by the worker that decided it, over the job that it decided. Whoever can write
// to the queue can put anything in its place, but nothing that a worker has signed for this job.
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { type OpenedEnvelope, signEnvelope, verifyEnvelope } from '../attestation/dsse.ts';
import type { SigningKey } from '../attestation/keys.ts';
import { digest } from '../plan/schema-scalars.ts';
import { gateResultSchema } from '../run/gate-result.ts';

export const resultType = 'application/vnd.interlock.gate-result+json';

export const answerSchema = z.strictObject({
  run: z.string(),
  gate: z.string(),
  attempt: z.int().min(1),
  jobDigest: digest.describe('Of the whole job that the worker was handed: plan, facts and all.'),
  nonce: z.string().nullable().describe('Of the authorization. Null in answers of earlier versions.'),
  machine: z.string().min(1),
  result: gateResultSchema,
});
export type Answer = z.infer<typeof answerSchema>;

/** Signs an answer; returns the envelope as JSON text. */
export function signAnswer(answer: Answer, key: SigningKey): string {
  return JSON.stringify(signEnvelope(resultType, JSON.stringify(answerSchema.parse(answer)), key));
}

/** Opens an answer that one of these keys signed. Throws AttestationError, or a ZodError when a worker of another version signed it. */
export function readAnswer(
  envelope: string,
  keys: readonly KeyObject[],
): Pick<OpenedEnvelope, 'keyId'> & { readonly answer: Answer } {
  const { payload, keyId } = verifyEnvelope(envelope, resultType, keys);
  return { keyId, answer: answerSchema.parse(JSON.parse(payload.toString('utf8'))) };
}
