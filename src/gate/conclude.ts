// From a gate's criteria to its status. Pure.
import type { Check, GateStatus, Reason } from '../run/gate-result.ts';

const gravest = ['fail', 'inconclusive', 'blocked'] as const;

/** The gravest criterion decides; a gate that decided no criterion proved nothing. */
export function concludeGate(checks: readonly Check[]): { status: GateStatus; reason: Reason | null } {
  if (checks.length === 0)
    return {
      status: 'inconclusive',
      reason: { code: 'no-criteria', text: 'The gate decided no criterion.' },
    };
  for (const status of gravest) {
    const found = checks.filter((check) => check.status === status);
    const [first] = found;
    if (!first) continue;
    const more =
      found.length > 1
        ? ` (and ${found.length - 1} more: ${found
            .slice(1)
            .map(({ title }) => title)
            .join('; ')})`
        : '';
    const expected = first.expected === undefined ? '' : `expected ${first.expected}, got `;
    return {
      status,
      reason: { code: first.id.toLowerCase(), text: `${first.title}: ${expected}${first.actual}${more}` },
    };
  }
  return { status: 'pass', reason: null };
}
