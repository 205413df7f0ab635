// The signed, run-scoped, expiring permission to run one gate as the job says. The control plane signs it; a worker believes
// nothing else, for gates that only read too: what they run on the worker comes with the job.
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { signEnvelope, verifyEnvelope } from '../attestation/dsse.ts';
import type { SigningKey } from '../attestation/keys.ts';
import { gateKinds } from '../plan/schema.ts';
import { digest, timestamp } from '../plan/schema-scalars.ts';
import { ExecutionError } from './execution-error.ts';

export const authorizationType = 'application/vnd.interlock.authorization+json';

export const authorizationSchema = z.strictObject({
  run: z.string(),
  gate: z.enum(gateKinds),
  attempt: z.int().min(1),
  mode: z.enum(['LIVE', 'DRYRUN']),
  planDigest: digest,
  jobDigest: digest.describe('Over the whole job: plan, facts and all.'),
  subjectDigest: digest.nullable().describe('What was approved; null for gates before the approval.'),
  approvers: z.array(z.string()),
  hosts: z.array(z.string()),
  notBefore: timestamp,
  notAfter: timestamp,
});
export type Authorization = z.infer<typeof authorizationSchema>;

declare const verified: unique symbol;
/** An authorization that was verified. Only `verifyAuthorization` makes one, and every mutating call asks for it. */
export type Permit = Authorization & { readonly [verified]: true };

/** Signs an authorization; returns the envelope as JSON text. */
export function signAuthorization(authorization: Authorization, key: SigningKey): string {
  return JSON.stringify(
    signEnvelope(authorizationType, JSON.stringify(authorizationSchema.parse(authorization)), key),
  );
}

/**
 * Verifies an envelope against the pinned public keys and against what the job claims to be. The envelope came through the
 * queue: whoever can write there controls every byte of it but cannot sign. Throws ExecutionError.
 */
export function verifyAuthorization(
  envelope: string,
  keys: readonly KeyObject[],
  claimed: Pick<Authorization, 'run' | 'gate' | 'attempt' | 'mode' | 'planDigest' | 'jobDigest'>,
  now: number,
): Permit {
  const authorization = open(envelope, keys);
  for (const field of ['run', 'gate', 'attempt', 'mode', 'planDigest', 'jobDigest'] as const) {
    if (authorization[field] !== claimed[field]) {
      throw new ExecutionError(
        'authorization-foreign',
        `expected an authorization with ${field} ${claimed[field]}, got ${authorization[field]}; nothing was changed`,
      );
    }
  }
  const permit = authorization as Permit;
  requireCurrent(permit, now);
  return permit;
}

/** Throws ExecutionError `authorization-expired` outside the permit's time. */
export function requireCurrent(permit: Permit, now: number): void {
  if (now < Date.parse(permit.notBefore) || now > Date.parse(permit.notAfter)) {
    throw new ExecutionError(
      'authorization-expired',
      `expected a time from ${permit.notBefore} to ${permit.notAfter}, got ${new Date(now).toISOString()}; nothing more is changed. Start the run anew, and compare the clocks of control plane and worker.`,
    );
  }
}

function open(envelope: string, keys: readonly KeyObject[]): Authorization {
  try {
    const { payload } = verifyEnvelope(envelope, authorizationType, keys);
    return authorizationSchema.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
  } catch (cause) {
    throw new ExecutionError(
      'unauthorized',
      'expected an authorization that the control plane signed, got one that it did not; nothing was changed',
      { cause },
    );
  }
}
