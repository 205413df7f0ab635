// For how long the authorization of one attempt of a gate holds. Pure: the same however often its job is put on the queue.
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
