// The signed, run-scoped, expiring permission to run one gate as the job says, once. The control plane signs it; a worker
// believes nothing else, for gates that only read too: what they run on the worker comes with the job.
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { signEnvelope, verifyEnvelope } from '../attestation/dsse.ts';
import type { SigningKey } from '../attestation/keys.ts';
import { digest, identifier, timestamp } from '../plan/schema-scalars.ts';
import { ExecutionError } from './execution-error.ts';

export const authorizationType = 'application/vnd.interlock.authorization+json';

export const authorizationSchema = z.strictObject({
  nonce: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .describe(
      '128 random bits, drawn when the gate is queued: what a worker spends, so that the permission holds once.',
    ),
  run: z.string(),
  gate: identifier,
  attempt: z.int().min(1),
  mode: z.enum(['LIVE', 'DRYRUN']),
  planDigest: digest,
  jobDigest: digest.describe('Over the whole job: plan, facts and all.'),
  subjectDigest: digest.nullable().describe('What was approved; null for gates before the approval.'),
  approvers: z.array(z.string()),
  hosts: z.array(z.string()).describe('Machines, as the plan names them, that the gate may change.'),
  notBefore: timestamp,
  notAfter: timestamp,
});
export type Authorization = z.infer<typeof authorizationSchema>;

/** What a job claims to be, and must be signed as. */
export type Claimed = Pick<Authorization, 'run' | 'gate' | 'attempt' | 'mode' | 'planDigest' | 'jobDigest'>;

declare const verified: unique symbol;
/**
 * An authorization that was verified. Only `verifyAuthorization` makes one, and every mutating call asks for it: code
 * without one does not compile, and one that was cast into being is refused by `requireVerified`.
 */
export type Permit = Readonly<Omit<Authorization, 'approvers' | 'hosts'>> & {
  readonly approvers: readonly string[];
  readonly hosts: readonly string[];
  readonly [verified]: true;
};

/** The permits that this process has verified. Nothing outside of this file can add one. */
const permits = new WeakSet<object>();

/** Signs a permission for one use; returns the envelope as JSON text. Signed again, it is the same permission. */
export function signAuthorization(authorization: Authorization, key: SigningKey): string {
  const body = authorizationSchema.parse(authorization);
  return JSON.stringify(signEnvelope(authorizationType, JSON.stringify(body), key));
}

/**
 * Opens an envelope against the pinned public keys and against what the job claims to be, whatever the time is: a nonce
 * by which a gate has ended is to be recognised for ever. No permission to do anything. The envelope came through the
 * queue: whoever can write there controls every byte of it but cannot sign. Throws ExecutionError.
 */
export function readAuthorization(
  envelope: string,
  keys: readonly KeyObject[],
  claimed: Claimed,
): Authorization {
  const authorization = open(envelope, keys);
  for (const field of ['run', 'gate', 'attempt', 'mode', 'planDigest', 'jobDigest'] as const) {
    if (authorization[field] !== claimed[field]) {
      throw new ExecutionError(
        'authorization-foreign',
        `expected an authorization with ${field} ${claimed[field]}, got ${authorization[field]}; nothing was changed`,
      );
    }
  }
  return authorization;
}

/** As `readAuthorization`, and current at `now` (ms since the epoch). Throws ExecutionError. */
export function verifyAuthorization(
  envelope: string,
  keys: readonly KeyObject[],
  claimed: Claimed,
  now: number,
): Permit {
  const authorization = readAuthorization(envelope, keys, claimed);
  // Frozen: who holds it could otherwise name more machines in it after it was verified.
  const permit = Object.freeze({
    ...authorization,
    approvers: Object.freeze([...authorization.approvers]),
    hosts: Object.freeze([...authorization.hosts]),
  }) as unknown as Permit;
  permits.add(permit);
  requireCurrent(permit, now);
  return permit;
}

/** Throws ExecutionError `unauthorized` for an object that `verifyAuthorization` did not make, whatever its type says. */
export function requireVerified(permit: Permit): void {
  if (!permits.has(permit)) {
    throw new ExecutionError(
      'unauthorized',
      'expected a permit that was verified in this process, got an object that looks like one',
    );
  }
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

/** Throws ExecutionError `machine-not-permitted` for a machine that the permit does not name. */
export function requireNamed({ hosts, gate }: Permit, machine: string): void {
  if (!hosts.includes(machine)) {
    throw new ExecutionError(
      'machine-not-permitted',
      `expected a machine that ${gate} may change (${hosts.join(', ') || 'none'}), got ${machine}`,
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
