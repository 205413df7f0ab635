// For how long the authorization of one attempt of a gate holds, and its identity in ledgers of earlier versions. Pure: the same however often its job is put on the queue.
import { sha256Hex } from '../evidence/digest.ts';
import type { PlanGate } from '../plan/schema-gates.ts';

/** ms beyond a gate's own timeout, so that it may wait for a worker. */
const queueAllowanceMs = 30 * 60_000;
/** ms by which a worker's clock may be behind. */
const clockSkewMs = 60_000;

/** `queuedAt` and the answers are RFC 3339, UTC. */
export function authorizationTime(
  { timeoutSeconds }: Pick<PlanGate, 'timeoutSeconds'>,
  queuedAt: string,
): { notBefore: string; notAfter: string } {
  const issued = Date.parse(queuedAt);
  return {
    notBefore: new Date(issued - clockSkewMs).toISOString(),
    notAfter: new Date(issued + timeoutSeconds * 1000 + queueAllowanceMs).toISOString(),
  };
}

/** Of an attempt that an earlier version queued without one. */
export function nonceOf(runId: string, gate: string, attempt: number): string {
  return sha256Hex(`${runId}/${gate}/${attempt}`).slice(0, 32);
}
